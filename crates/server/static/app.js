// Starts everything that scripts add to the pages; each page also works without.
import './time.js';
import './card.js';
import './live.js';
import './keys.js';
import './copy.js';
import './search.js';
import './rows.js';
import './mail.js';
