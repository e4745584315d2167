/** `schema/agreements.yaml`: which domain consumes which products for which purposes, and until when. */
import type { Agreement, Agreements } from '../mesh/policy/agreements.ts';
import { type PolicyValue, listOf, mapOf, readPolicyFile, refuse, textOf } from './policy-values.ts';

/**
 * Reads the file. Without one the mesh keeps no agreements: `null`. Throws `POLICY_INVALID`, or `CONFIG_INVALID` for text that is
 * no YAML.
 */
export function readAgreements(file: string | null): Agreements | null {
  if (file === null) return null;
  const list = mapOf(readPolicyFile(file), '`agreements:`', ['agreements']).get('agreements');
  if (list === undefined || list.value === null || isEmpty(list.value)) return [];
  const agreements = listOf(list, 'a list of agreements').map((at) => ({ at, agreement: readAgreement(at) }));
  const twice = agreements.find(({ agreement }, index) =>
    agreements.slice(0, index).some((earlier) => earlier.agreement.id === agreement.id),
  );
  if (twice !== undefined)
    throw refuse(twice.at, `an \`id\` that no other agreement has: "${twice.agreement.id}" is taken`);
  return agreements.map(({ agreement }) => agreement);
}

function isEmpty(value: unknown): boolean {
  return Array.isArray(value) && value.length === 0;
}

const keys = ['id', 'consumer', 'products', 'purposes', 'until'] as const;

function readAgreement(at: PolicyValue): Agreement {
  const wanted = `an agreement: ${keys.join(', ')}`;
  const map = mapOf(at, wanted, keys);
  const [id, consumer, products, purposes, until] = keys.map((key): PolicyValue => {
    const value = map.get(key);
    if (value === undefined) throw refuse(at, `a \`${key}\` in it`);
    return value;
  }) as [PolicyValue, PolicyValue, PolicyValue, PolicyValue, PolicyValue];
  const domain = mapOf(consumer, '{ domain: NAME }', ['domain']).get('domain');
  if (domain === undefined) throw refuse(consumer, '{ domain: NAME }');
  return {
    id: textOf(id, 'a name'),
    consumer: textOf(domain, "a domain's name"),
    products: listOf(products, 'a list of coordinates').map(readProduct),
    purposes: listOf(purposes, 'a list of purposes').map((one) => textOf(one, 'a purpose')),
    until: readDate(until),
  };
}

function readProduct(at: PolicyValue): string {
  const wanted = 'a coordinate: `Flight`, `Query.delays`';
  const text = textOf(at, wanted);
  if (!/^\w+(\.\w+)?$/.test(text)) throw refuse(at, wanted);
  return text;
}

/** The first millisecond of the day after, in UTC: the day itself is still within the agreement. */
function readDate(at: PolicyValue): number {
  const wanted = 'a date: 2027-06-30';
  const text = textOf(at, wanted);
  const start = /^\d{4}-\d{2}-\d{2}$/.test(text) ? Date.parse(`${text}T00:00:00.000Z`) : Number.NaN;
  if (Number.isNaN(start) || new Date(start).toISOString().slice(0, 10) !== text) throw refuse(at, wanted);
  return start + 86_400_000;
}
