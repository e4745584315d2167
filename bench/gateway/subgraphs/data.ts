/**
 * The shop behind the four subgraphs: small, in memory, and the same in every run because each value follows from its
 * number.
 */

export interface User {
  readonly id: string;
  readonly name: string;
  readonly username: string;
  readonly memberSince: number;
}

export interface Product {
  readonly upc: string;
  readonly name: string;
  readonly price: number;
  readonly weight: number;
  readonly inStock: boolean;
}

export interface Review {
  readonly id: string;
  readonly body: string;
  readonly stars: number;
  readonly author: string;
  readonly product: string;
}

const userCount = 7;
const productCount = 500;
const reviewsPerProduct = 4;

const firstNames = ['Ada', 'Grace', 'Barbara', 'Edsger', 'Niklaus', 'Frances', 'Alan'];
const lastNames = ['Lovelace', 'Hopper', 'Liskov', 'Dijkstra', 'Wirth', 'Allen', 'Turing'];
const materials = ['oak', 'steel', 'linen', 'glass', 'cork', 'copper', 'wool'];
const things = ['table', 'lamp', 'chair', 'shelf', 'kettle', 'clock', 'blanket', 'mirror', 'vase'];
const opinions = [
  'Does what it says, and looks good doing it.',
  'Arrived a day late but well packed.',
  'I bought a second one for my sister.',
  'The colour is darker than in the picture.',
  'Sturdy; survived two moves so far.',
];

export const users: readonly User[] = Array.from({ length: userCount }, (_, index) => ({
  id: `u${index + 1}`,
  name: `${pick(firstNames, index)} ${pick(lastNames, index)}`,
  username: `${pick(firstNames, index)}.${index + 1}`.toLowerCase(),
  memberSince: 2001 + index,
}));

export const products: readonly Product[] = Array.from({ length: productCount }, (_, index) => ({
  upc: `p${index + 1}`,
  name: `${pick(materials, index)} ${pick(things, index)}`,
  price: 500 + ((index * 137) % 2_000),
  weight: 50 + ((index * 71) % 950),
  inStock: index % 3 !== 0,
}));

export const reviews: readonly Review[] = Array.from({ length: productCount * reviewsPerProduct }, (_, index) => ({
  id: `r${index + 1}`,
  body: pick(opinions, index),
  stars: 1 + (index % 5),
  author: `u${1 + ((index * 5 + Math.floor(index / reviewsPerProduct)) % userCount)}`,
  product: `p${1 + Math.floor(index / reviewsPerProduct)}`,
}));

function pick(words: readonly string[], index: number): string {
  return words[index % words.length] ?? '';
}
