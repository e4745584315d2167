/**
 * Finds the airport that a report means. Words that few airports bear weigh more than those that many do
 * (inverse document frequency); a word of the airport's city counts for it but its absence not against it.
 */

/** An airport in words. */
export interface Candidate {
  readonly iata: string;
  readonly state: string;
  readonly nameWords: readonly string[];
  readonly cityWords: readonly string[];
}

/** A name in a report, in words, and the states in which its airport may lie. */
export interface Mention {
  readonly words: readonly string[];
  readonly states: readonly string[];
}

export interface Match {
  readonly iata: string;
  /** 0 to 1; 1 when all words agree. */
  readonly score: number;
}

/** Below this a match is more likely wrong than right. */
export const scoreMin = 0.5;

/** Makes the function that finds the best airport for a mention, or `null` when none is likely; ties go to the first code. */
export function createMatcher(candidates: readonly Candidate[]): (mention: Mention) => Match | null {
  const weightOf = weigh(candidates);
  const byState = Map.groupBy(candidates, (candidate) => candidate.state);
  return ({ words, states }) => {
    const matches = states
      .flatMap((state) => byState.get(state) ?? [])
      .map((candidate) => ({ iata: candidate.iata, score: similarity(words, candidate, weightOf) }))
      .filter((match) => match.score >= scoreMin);
    return matches.toSorted((a, b) => b.score - a.score || (a.iata < b.iata ? -1 : 1))[0] ?? null;
  };
}

/** How much words count that only one side has (Tversky's index): reports shorten names more than they add to them. */
const mentionOnlyShare = 0.5;
const airportOnlyShare = 0.25;

function similarity(words: readonly string[], candidate: Candidate, weightOf: (word: string) => number): number {
  const sum = (list: readonly string[]) => list.reduce((total, word) => total + weightOf(word), 0);
  const { nameWords, cityWords } = candidate;
  const shared = sum(words.filter((word) => nameWords.includes(word) || cityWords.includes(word)));
  const mentionOnly = sum(words) - shared;
  const airportOnly = sum(nameWords.filter((word) => !words.includes(word)));
  return shared === 0 ? 0 : shared / (shared + mentionOnlyShare * mentionOnly + airportOnlyShare * airportOnly);
}

function weigh(candidates: readonly Candidate[]): (word: string) => number {
  const airportsWith = new Map<string, number>();
  for (const word of candidates.flatMap((candidate) => candidate.nameWords)) {
    airportsWith.set(word, (airportsWith.get(word) ?? 0) + 1);
  }
  return (word) => Math.log(1 + candidates.length / (airportsWith.get(word) ?? 1));
}
