/**
 * Samples made and proved beside a plain program that makes the same ones; bases of ideals beside Singular and mathicgb. Singular's time is that of its own clock around the call, in a process that does nothing else; ours is
 * that of the call in this process, where it ran once before. mathicgb (`mgb`, its F4) is given as the whole process, starting takes it a few
 * milliseconds. Everything runs on one thread, in turn, and answers are compared before times.
 */
import { forwardRows } from "./groebner/forward.ts"
import { generationRows } from "./groebner/generation.ts"
import type { BenchRow } from "./row.ts"

export const groebnerBench = async ({ quick }: { readonly quick: boolean }): Promise<ReadonlyArray<BenchRow>> => [...generationRows(quick), ...(await forwardRows(quick))]
