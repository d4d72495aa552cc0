// Hours of balance left at the present spend
//
// Finds companies whose balance ends soon if they go on spending as they did in the alert's sample period. One row for each
// company that has a balance and spent something, the one that ends first at the top; the value of a row is its hours left.
// Hours can be compared between currencies, money cannot: nothing is added up here.

const WARN_HOURS = 12; // in alarm when a company has less than this left

function hoursLeft(company, factors, periodS) {
  const group = company.kind === "carrier" ? factors?.by_carrier : factors?.by_customer;
  const spend = group && Object.hasOwn(group, company.name) ? group[company.name]?.spend : null;
  if (typeof company.balance !== "number" || typeof spend !== "number" || spend <= 0 || !(periodS > 0)) return null;
  const perHour = (spend * 3600) / periodS;
  return { hours: Math.max(company.balance, 0) / perHour, perHour };
}

export function main(data) {
  const companies = data.company ? [data.company] : (data.companies ?? []);
  const rows = [];
  for (const company of companies) {
    const left = hoursLeft(company, data.factors, data.period_s);
    if (left === null) continue;
    const currency = company.currency ? ` ${company.currency}` : "";
    rows.push({
      subject: `${company.kind} ${company.name}`,
      value: Math.round(left.hours * 10) / 10,
      message: `${company.balance.toFixed(2)}${currency} left, spends ${left.perHour.toFixed(2)}${currency} an hour`,
    });
  }
  rows.sort((a, b) => a.value - b.value || (a.subject < b.subject ? -1 : 1));
  console.log(`${companies.length} companies, ${rows.length} of them with a balance and spend`);
  const soon = rows.filter(row => row.value < WARN_HOURS);
  if (rows.length === 0) return { value: null, breached: false, message: "No company with a balance spent anything.", rows };
  return {
    value: rows[0].value,
    breached: soon.length > 0,
    message: `Less than ${WARN_HOURS} hours left: ${soon.length}. First to end: ${rows[0].subject}, in ${rows[0].value} h.`,
    rows,
  };
}
