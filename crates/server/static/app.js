// Starts all scripts. Every page also works without them.
import './time.js';
import './card.js';
import './live.js';
import './keys.js';
import './copy.js';
import './search.js';
import './rows.js';
import './mail.js';
