/** Operations without end, no two alike: random fields under random aliases, with random literals and variables. */
import { products, reviews, users } from './subgraphs/data.ts';

/** Draws a whole number below a bound. */
type Draw = (below: number) => number;

/** What may be selected on a type: plain fields by name, and objects with what is selected on them. */
interface Selectable {
  readonly plain: readonly string[];
  readonly nested: Readonly<Record<string, () => Selectable>>;
}

const user: Selectable = { plain: ['id', 'name', 'username', 'memberSince'], nested: { reviews: () => review } };
const review: Selectable = { plain: ['id', 'body', 'stars'], nested: { author: () => user, product: () => product } };
const product: Selectable = {
  plain: ['upc', 'name', 'price', 'weight', 'inStock', 'shippingEstimate'],
  nested: { reviews: () => review },
};

/** How deep objects nest: deep enough for every subgraph, not so deep that answers outgrow the planning. */
const depthMax = 3;
const fieldsMax = 4;
const firstMax = 4;

/** Gives a request body at each call. The run's bodies are the same in every run. */
export function createOperations(): () => string {
  let count = 0;
  const draw = createDraw();
  return () => {
    const name = `Operation${++count}`;
    const id = `u${draw(users.length) + 1}`;
    const roots = [
      `one: user(id: $id) ${selection(user, draw, depthMax)}`,
      `two: product(upc: "p${draw(products.length) + 1}") ${selection(product, draw, depthMax)}`,
      `three: review(id: "r${draw(reviews.length) + 1}") ${selection(review, draw, depthMax)}`,
      `four: topProducts(first: ${draw(firstMax) + 1}) ${selection(product, draw, depthMax - 1)}`,
    ];
    const query = `query ${name}($id: ID!) { ${roots[0]} ${roots[1 + draw(roots.length - 1)]} }`;
    return JSON.stringify({ query, operationName: name, variables: { id } });
  };
}

function selection({ plain, nested }: Selectable, draw: Draw, depth: number): string {
  let count = 0;
  const alias = (): string => `a${draw(1_000_000)}n${count++}`;
  const fields = Array.from({ length: 1 + draw(fieldsMax) }, () => `${alias()}: ${plain[draw(plain.length)]}`);
  const inner = Object.entries(nested)
    .filter(() => depth > 1 && draw(2) === 1)
    .map(([field, selectable]) => `${alias()}: ${field} ${selection(selectable(), draw, depth - 1)}`);
  return `{ ${[...fields, ...inner].join(' ')} }`;
}

/** A linear congruential generator with the constants of Numerical Recipes, started at 1. */
function createDraw(): Draw {
  let state = 1;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}
