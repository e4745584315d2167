import { readData } from './data.ts';
console.time('x'); const d = await readData(); console.timeEnd('x');
console.log(d.airports.length, d.flights.codes.length, d.flights.departed.slice(0,3), d.flights.departed.at(-1), d.flights.departures.get('ORD')!.slice(0,3), d.reports[0], d.reports.length, process.memoryUsage().rss/1e6, Math.max(...d.flights.distance.slice(0,100000)));
