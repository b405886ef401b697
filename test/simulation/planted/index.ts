import { bugsInTheWorker } from './in-the-worker.js';
import { bugsOnTheWay } from './on-the-way.js';

export const plantedBugs = [...bugsOnTheWay, ...bugsInTheWorker];
