/** Which parameters and which matrix axes a piece of the file reads. */
import type { Reference } from "../spec/expression.ts"

export interface Names {
  readonly params: ReadonlyArray<string>
  /** `item` is the axis of that name. */
  readonly axes: ReadonlyArray<string> | "all"
}

/** `all`: every parameter of the file, for an expression that reads `params` as a whole. */
export const referencedNames = (references: ReadonlyArray<Reference>, all: ReadonlyArray<string>): Names => {
  const params = new Set<string>()
  const axes = new Set<string>()
  let everyAxis = false
  for (const { path: [name], root } of references) {
    if (root === "params" && name !== undefined) params.add(String(name))
    else if (root === "params") for (const each of all) params.add(each)
    else if (root === "matrix" && name !== undefined) axes.add(String(name))
    else if (root === "matrix") everyAxis = true
    else if (root === "item") axes.add("item")
  }
  return { params: [...params].filter((name) => all.includes(name)), axes: everyAxis ? "all" : [...axes] }
}
