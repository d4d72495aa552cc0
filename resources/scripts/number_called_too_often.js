// A number called too often
//
// Finds called numbers that got very many calls within a few minutes: a dialler that hangs on one number, a missed-call fraud,
// or a customer's test that was forgotten. One row for each number, the most called first; the value of a row is the
// highest number of calls within MINUTES.

const MINUTES = 10; // how close together the calls must be
const MAX_CALLS = 30; // so many calls within MINUTES are still fine
const EXCEPT = []; // numbers that may be called often, such as a conference bridge: ["442079460000"]

function busiest(times) {
  times.sort((a, b) => a - b);
  let most = 0;
  let first = 0;
  times.forEach((time, i) => {
    while (time - times[first] >= MINUTES * 60_000) first += 1;
    most = Math.max(most, i - first + 1);
  });
  return most;
}

export function main(data) {
  const numbers = new Map(); // called number -> its calls
  for (const call of data.calls ?? []) {
    const time = Date.parse(call.at ?? "");
    if (!call.to || Number.isNaN(time) || EXCEPT.includes(call.to)) continue;
    if (!numbers.has(call.to)) numbers.set(call.to, { times: [], answered: 0, callers: new Set(), customers: new Map() });
    const number = numbers.get(call.to);
    number.times.push(time);
    if (call.answered === true) number.answered += 1;
    if (call.from) number.callers.add(call.from);
    if (call.customer) number.customers.set(call.customer, (number.customers.get(call.customer) ?? 0) + 1);
  }

  const found = [];
  for (const [to, number] of numbers) {
    const most = busiest(number.times);
    if (most <= MAX_CALLS) continue;
    const [customer] = [...number.customers].sort((a, b) => b[1] - a[1])[0] ?? ["an unknown customer"];
    found.push({
      subject: to,
      value: most,
      message: `${most} calls within ${MINUTES} min, ${number.answered} of ${number.times.length} answered, calling numbers: ${number.callers.size}, mostly from ${customer}`,
    });
  }
  found.sort((a, b) => b.value - a.value || (a.subject < b.subject ? -1 : 1));
  console.log(`${data.calls?.length ?? 0} calls, ${numbers.size} called numbers`);
  if (data.calls_cut) console.warn(`only the newest of ${data.calls_total} calls were looked at`);
  return {
    value: found.length > 0 ? found[0].value : 0,
    breached: found.length > 0,
    message: found.length > 0 ? `Called too often: ${found.length} (the worst: ${found[0].subject}).` : "No number was called too often.",
    rows: found,
  };
}
