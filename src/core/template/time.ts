/** Time as Go's layouts write it: `2006-01-02T15:04:05Z07:00`. Always in UTC. */

const MONTHS =
  'January February March April May June July August September October November December'.split(
    ' ',
  );
const DAYS = 'Sunday Monday Tuesday Wednesday Thursday Friday Saturday'.split(' ');

/** The parts of the reference time, longer ones first where they begin alike. */
const PARTS =
  /January|Jan|Monday|Mon|MST|2006|Z07:00:00|Z070000|Z07:00|Z0700|Z07|-07:00:00|-070000|-07:00|-0700|-07|[.,]0+(?!\d)|[.,]9+(?!\d)|002|01|02|03|04|05|06|__2|_2|15|PM|pm|1|2|3|4|5/g;

/** @param millis since 1970 [ms] */
export function formatTime(millis: number, layout: string): string {
  const time = new Date(millis);
  return layout.replace(PARTS, (part) => write(part, time));
}

function write(part: string, time: Date): string {
  if (part.startsWith('.') || part.startsWith(',')) return fraction(part, time);
  if (part.startsWith('Z')) return 'Z';
  if (part.startsWith('-07')) return part.slice(0, 1).replace('-', '+') + zeros(part.slice(1));
  const table = partsOf(time);
  return table[part] ?? part;
}

function partsOf(time: Date): Readonly<Record<string, string>> {
  const [month, day, hour] = [time.getUTCMonth() + 1, time.getUTCDate(), time.getUTCHours()];
  const [monthName, dayName] = [MONTHS[month - 1] ?? '', DAYS[time.getUTCDay()] ?? ''];
  const half = hour % 12 === 0 ? 12 : hour % 12;
  const yearStart = Date.UTC(time.getUTCFullYear(), 0, 1);
  const dayOfYear = Math.floor((time.getTime() - yearStart) / 86_400_000) + 1;
  const year = String(time.getUTCFullYear()).padStart(4, '0');
  return {
    January: monthName,
    Jan: monthName.slice(0, 3),
    Monday: dayName,
    Mon: dayName.slice(0, 3),
    MST: 'UTC',
    '2006': year,
    '06': year.slice(-2),
    '01': two(month),
    '1': String(month),
    '02': two(day),
    _2: String(day).padStart(2),
    '2': String(day),
    '002': String(dayOfYear).padStart(3, '0'),
    __2: String(dayOfYear).padStart(3),
    '15': two(hour),
    '03': two(half),
    '3': String(half),
    '04': two(time.getUTCMinutes()),
    '4': String(time.getUTCMinutes()),
    '05': two(time.getUTCSeconds()),
    '5': String(time.getUTCSeconds()),
    PM: hour >= 12 ? 'PM' : 'AM',
    pm: hour >= 12 ? 'pm' : 'am',
  };
}

/** `.000` keeps its digits, `.999` drops zeros at the end. */
function fraction(part: string, time: Date): string {
  const count = part.length - 1;
  const digits = String(time.getUTCMilliseconds()).padStart(3, '0').padEnd(count, '0');
  const cut = digits.slice(0, count);
  const kept = part.includes('9') ? cut.replace(/0+$/, '') : cut;
  return kept === '' ? '' : part.charAt(0) + kept;
}

function zeros(part: string): string {
  return part.replace(/\d/g, '0');
}

function two(value: number): string {
  return String(value).padStart(2, '0');
}
