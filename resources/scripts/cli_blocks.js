// Calling numbers that fail on one carrier only (CLI blocks)
//
// Finds calling numbers that one carrier refuses although the same numbers get through on other carriers. That is how a blocked
// or badly formatted caller ID looks. A carrier that refuses everybody is not listed: that is an outage, an ASR alert sees it.
// One row for each number and carrier, the most refused calls first; the value of a row is its number of refused calls.
// Use it on all companies: for one carrier alone there is nothing to compare with.

const MIN_REFUSED = 5; // refused calls of a number on a carrier before it is worth a row
const MIN_ELSEWHERE = 5; // calls of the same number on other carriers, to know that the number itself is fine
const MIN_ANSWERED_ELSEWHERE = 20; // % of those that were answered
const MIN_ANSWERED_OTHERS = 10; // % of the other numbers' calls on this carrier that were answered: else it is an outage
// Answers that say nothing about the caller ID: not found, no answer, bad number, busy, hung up, busy everywhere, does not exist
const NOT_A_REFUSAL = [404, 408, 480, 484, 486, 487, 600, 604];

const share = (part, all) => (all > 0 ? (100 * part) / all : 0);
const empty = () => ({ attempts: 0, answered: 0, refused: 0, codes: new Map() });

function add(sum, call) {
  sum.attempts += 1;
  if (call.answered === true) {
    sum.answered += 1;
  } else if (!NOT_A_REFUSAL.includes(call.sip_code)) {
    sum.refused += 1;
    const code = call.sip_code ?? call.cause ?? "no code";
    sum.codes.set(code, (sum.codes.get(code) ?? 0) + 1);
  }
}

function sumOf(map, key) {
  if (!map.has(key)) map.set(key, empty());
  return map.get(key);
}

export function main(data) {
  const carriers = new Map(); // carrier -> sums
  const numbers = new Map(); // number -> { total, carriers: Map(carrier -> sums) }
  for (const call of data.calls ?? []) {
    if (!call.from || !call.carrier) continue;
    if (!numbers.has(call.from)) numbers.set(call.from, { total: empty(), carriers: new Map() });
    const number = numbers.get(call.from);
    add(sumOf(carriers, call.carrier), call);
    add(number.total, call);
    add(sumOf(number.carriers, call.carrier), call);
  }

  const found = [];
  for (const [from, number] of numbers) {
    for (const [carrier, here] of number.carriers) {
      const elsewhere = number.total.attempts - here.attempts;
      const answered = number.total.answered - here.answered;
      const others = sumOf(carriers, carrier);
      const othersShare = share(others.answered - here.answered, others.attempts - here.attempts);
      if (here.answered > 0 || here.refused < MIN_REFUSED || elsewhere < MIN_ELSEWHERE) continue;
      if (share(answered, elsewhere) < MIN_ANSWERED_ELSEWHERE || othersShare < MIN_ANSWERED_OTHERS) continue;
      const [code] = [...here.codes].sort((a, b) => b[1] - a[1])[0];
      found.push({
        subject: `${from} on ${carrier}`,
        value: here.refused,
        message: `none of ${here.attempts} answered on ${carrier} (most often ${code}), ${answered} of ${elsewhere} elsewhere`,
      });
    }
  }
  found.sort((a, b) => b.value - a.value || (a.subject < b.subject ? -1 : 1));
  console.log(`${data.calls?.length ?? 0} calls, ${numbers.size} calling numbers, ${carriers.size} carriers`);
  if (data.calls_cut) console.warn(`only the newest of ${data.calls_total} calls were looked at`);
  return {
    value: found.length,
    breached: found.length > 0,
    message: found.length > 0 ? `Refused on one carrier only: ${found.length} (the worst: ${found[0].subject}).` : "No number fails on one carrier only.",
    rows: found,
  };
}
