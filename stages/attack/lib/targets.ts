/** Labels that perturbations aim at: +1 or -1 for each sample, without regard to its own label. */
import type { RandomStream } from "../../../src/stage.ts"

export const targetKinds = ["iid", "balanced"] as const
export type TargetKind = (typeof targetKinds)[number]

/** `iid`: independent fair coins. `balanced`: as many +1 as -1 (an odd one more is +1), in random order. */
export const drawTargets = (kind: TargetKind, n: number, random: Pick<RandomStream, "sign" | "permutation">): Float32Array => {
  const targets = new Float32Array(n)
  if (kind === "iid") for (let i = 0; i < n; i++) targets[i] = random.sign()
  else random.permutation(n).forEach((sample, place) => (targets[sample] = place < n / 2 ? 1 : -1))
  return targets
}
