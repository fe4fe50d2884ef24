/** Seconds since the epoch as `2027-01-31 23:59`, in UTC. */
export function formatTime(seconds: number): string {
  return timeFormatter()(seconds);
}

/** The same for many: it asks the calendar once a day. */
export function timeFormatter(): (seconds: number) => string {
  const days = new Map<number, string>();
  return seconds => {
    const day = Math.floor(seconds / 86_400);
    let date = days.get(day);
    if (date === undefined) days.set(day, (date = formatDay(day)));
    const minutes = Math.floor((seconds - day * 86_400) / 60);
    return `${date} ${twoDigits(Math.floor(minutes / 60))}:${twoDigits(minutes % 60)}`;
  };
}

function formatDay(day: number): string {
  const date = new Date(day * 86_400_000);
  // What a server may say and no calendar has.
  if (Number.isNaN(date.getTime())) return 'never';
  return date.toISOString().replace(/T.*/, '');
}

function twoDigits(number: number): string {
  return number < 10 ? `0${number}` : String(number);
}
