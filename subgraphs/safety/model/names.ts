/** Airport names as words that can be compared: `DENVER INTL AIRPORT` and `Denver Int'l` say the same. */

/** Says nothing about which airport it is. */
const fillers: ReadonlySet<string> = new Set(['airport', 'arpt', 'apt', 'the', 'of', 'at', 'and']);

const longForms: Readonly<Record<string, string>> = {
  intl: 'international',
  natl: 'national',
  regl: 'regional',
  reg: 'regional',
  muni: 'municipal',
  mun: 'municipal',
  metro: 'metropolitan',
  cnty: 'county',
  cty: 'county',
  co: 'county',
  fld: 'field',
  mem: 'memorial',
  meml: 'memorial',
  ft: 'fort',
  mt: 'mount',
  saint: 'st',
  wash: 'washington',
};

/** The words of a name: lower case, abbreviations written out, fillers and doubles left out. */
export function wordsOf(name: string): readonly string[] {
  const words = name
    .toLowerCase()
    .replaceAll("'", '')
    .replaceAll(/\bair force base\b/g, 'afb')
    .split(/[^a-z0-9]+/)
    .filter((word) => word !== '' && !fillers.has(word))
    .map((word) => longForms[word] ?? word);
  return [...new Set(words)];
}
