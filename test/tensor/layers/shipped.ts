/** The architectures that come with Reprise, as networks. */
import { readdirSync, readFileSync } from "node:fs"
import { Result } from "effect"
import { parse } from "yaml"
import { readArchitecture } from "../../../src/tensor/layers/architecture.ts"
import { type Network, networkOf } from "../../../src/tensor/layers/network.ts"
import type { Variables } from "../../../src/tensor/layers/formula.ts"

const folder = new URL("../../../configs/models/", import.meta.url)

export const shippedNames = readdirSync(folder).map((file) => file.replace(/\.yaml$/, ""))

/** Files that leave the shape of a sample to the data. */
const shapes: Readonly<Record<string, ReadonlyArray<number>>> = { "mlp": [784], "mlp-mini": [784], "small-conv": [1, 28, 28] }

export const shipped = (name: string, settings: Variables = {}): Network => {
  const architecture = Result.getOrThrow(readArchitecture(parse(readFileSync(new URL(`${name}.yaml`, folder), "utf8")), settings))
  const shape = shapes[name]
  return Result.getOrThrow(networkOf(architecture, shape === undefined ? {} : { x: { shape, type: "float32" } }))
}
