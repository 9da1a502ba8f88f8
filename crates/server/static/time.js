// Updates relative times: "now", "2 min", "9:41", "Tue", "3 May", "3 May 2024".

const DAYS = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
const MINUTE = 60_000;
const EVERY_MS = 30_000;

const clock = (at) => `${at.getHours()}:${String(at.getMinutes()).padStart(2, '0')}`;
const midnight = (at) => new Date(at.getFullYear(), at.getMonth(), at.getDate());
const daysBetween = (at, now) => Math.round((midnight(now) - midnight(at)) / (24 * 60 * MINUTE));
const date = (at, now) => {
  const day = `${at.getDate()} ${MONTHS[at.getMonth()]}`;
  return at.getFullYear() === now.getFullYear() ? day : `${day} ${at.getFullYear()}`;
};

/** Returns a time in a list, relative to now. */
export function words(at, now) {
  const passed = now - at;
  if (passed < MINUTE) return 'now';
  if (passed < 60 * MINUTE) return `${Math.floor(passed / MINUTE)} min`;
  const days = daysBetween(at, now);
  if (days === 0) return clock(at);
  return days <= 6 ? DAYS[at.getDay()] : date(at, now);
}

/** Returns a time in a history, with its day: `<time data-when>`. */
export function when(at, now) {
  return `${daysBetween(at, now) === 0 ? 'today' : date(at, now)}, ${clock(at)}`;
}

/** Updates the times in a part of the page. */
export function refreshTimes(part = document) {
  const now = new Date();
  for (const time of part.querySelectorAll('time[datetime]')) {
    const at = new Date(time.dateTime);
    if (Number.isNaN(at.getTime())) continue;
    const text = 'when' in time.dataset ? when(at, now) : words(at, now);
    if (time.textContent !== text) time.textContent = text;
    const exact = `${at.getDate()} ${MONTHS[at.getMonth()]} ${at.getFullYear()}, ${clock(at)}:${String(at.getSeconds()).padStart(2, '0')}`;
    if (time.title !== exact) time.title = exact;
  }
}

refreshTimes();
setInterval(refreshTimes, EVERY_MS);
