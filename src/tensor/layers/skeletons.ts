/** Graphs of body joints, and their adjacency as spatial graph convolutions use it. */
import { Misfit } from "../operator.ts"
import { unknown } from "./problem.ts"

export interface Skeleton {
  readonly joints: number
  /** Pairs of joints, from 0. */
  readonly edges: ReadonlyArray<readonly [number, number]>
  /** The joint that "closer" and "further" refer to. */
  readonly centre: number
}

/** Joints of NTU RGB+D (Kinect v2), numbered from 1 as in its files. */
const ntuEdges = [
  [1, 2], [2, 21], [3, 21], [4, 3], [5, 21], [6, 5], [7, 6], [8, 7], [9, 21], [10, 9], [11, 10], [12, 11], [13, 1], [14, 13], [15, 14], [16, 15],
  [17, 1], [18, 17], [19, 18], [20, 19], [22, 23], [23, 8], [24, 25], [25, 12]
] as const

const skeletons: Readonly<Record<string, Skeleton>> = {
  "ntu-rgbd": { joints: 25, edges: ntuEdges.map(([a, b]) => [a - 1, b - 1]), centre: 20 }
}

/** @throws Misfit when there is none of that name. */
export const skeletonNamed = (name: string): Skeleton => {
  const found = Object.hasOwn(skeletons, name) ? skeletons[name] : undefined
  if (found === undefined) throw new Misfit(`has an ${unknown("graph", name, Object.keys(skeletons))}`)
  return found
}

/** Edges that lead from a joint to each other one, at least. */
const distances = ({ edges, joints }: Skeleton, from: number): ReadonlyArray<number> => {
  const hops = Array.from({ length: joints }, (_, joint) => (joint === from ? 0 : Infinity))
  const open = [from]
  for (const joint of open) {
    for (const [a, b] of edges) {
      const next = a === joint ? b : b === joint ? a : undefined
      if (next === undefined || hops[next] !== Infinity) continue
      hops[next] = (hops[joint] ?? 0) + 1
      open.push(next)
    }
  }
  return hops
}

/**
 * The "spatial" partition of ST-GCN (Yan et al. 2018): three matrices [source, target] for the joint itself, for neighbours that are as far
 * from the centre as the target or further, and for those that are nearer; together each column adds up to 1. [3, joints, joints].
 */
export const spatialPartition = (skeleton: Skeleton): Float32Array => {
  const { centre, joints } = skeleton
  const toCentre = distances(skeleton, centre)
  const linked = new Set(skeleton.edges.flatMap(([a, b]) => [a * joints + b, b * joints + a]))
  const all = new Float32Array(3 * joints * joints)
  for (let target = 0; target < joints; target++) {
    const sources = Array.from({ length: joints }, (_, source) => source).filter((source) => source === target || linked.has(source * joints + target))
    for (const source of sources) {
      const nearer = (toCentre[source] ?? 0) < (toCentre[target] ?? 0)
      const part = source === target ? 0 : nearer ? 2 : 1
      all[(part * joints + source) * joints + target] = 1 / sources.length
    }
  }
  return all
}
