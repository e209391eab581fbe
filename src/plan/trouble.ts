/**
 * What goes wrong while planning, collected over all points. One mistake in the file shows at thousands of points, so a
 * message is kept once with the first point, at most three for one place in the file, and twenty in all.
 */
import type { Pipeline } from "../spec/pipeline.ts"
import type { Problem } from "../spec/source.ts"
import type { TemplateError } from "../spec/template.ts"
import type { JsonObject } from "../stage/json.ts"
import type { Point } from "./expand.ts"

/** One thing wrong, before the point at which it shows is known. */
export interface Fault {
  readonly path: ReadonlyArray<string | number>
  readonly message: string
  readonly hint?: string
}

/** An expression that has no value; `path` is where the template stands. */
export const templateFault = (path: ReadonlyArray<string | number>, error: TemplateError): Fault => ({
  path: [...path, ...error.path],
  message: `\${{ ${error.source} }}: ${error.message}`,
  ...(error.hint === undefined ? {} : { hint: error.hint })
})

export interface Trouble {
  /** `combination`: the matrix values of the instance. */
  add(fault: Fault, point: Point, combination?: JsonObject): void
  readonly found: boolean
  readonly problems: () => ReadonlyArray<Problem>
}

const perPlace = 3
const inAll = 20

export const makeTrouble = (pipeline: Pipeline): Trouble => {
  const places = new Map<string, Map<string, { readonly fault: Fault; readonly at: string; count: number }>>()
  const left = new Map<string, number>()
  return {
    get found() {
      return places.size > 0
    },
    add: (fault, point, combination = {}) => {
      const path = pathText(fault.path)
      const messages = places.get(path) ?? new Map()
      places.set(path, messages)
      const known = messages.get(fault.message)
      if (known !== undefined) known.count++
      else if (messages.size < perPlace) messages.set(fault.message, { fault, at: pointText(point, combination), count: 1 })
      else left.set(path, (left.get(path) ?? 0) + 1)
    },
    problems: () => {
      const all = [...places].flatMap(([path, messages]) =>
        [...messages.values()].map(({ at, count, fault }, index, { length }): Problem => {
          const more = index === length - 1 ? (left.get(path) ?? 0) : 0
          return {
            file: pipeline.source.file,
            position: pipeline.source.locate(fault.path),
            path,
            message: `${fault.message}${at === "" ? "" : ` (${count > 1 ? "first " : ""}${at})`}${more > 0 ? `; ${more} more like this here` : ""}`,
            ...(fault.hint === undefined ? {} : { hint: fault.hint })
          }
        })
      ).sort((a, b) => a.position.line - b.position.line || a.position.column - b.position.column)
      const shown = all.slice(0, inAll)
      const last = all[inAll]
      return last === undefined ? shown : [...shown, { ...last, message: `${last.message}; ${all.length - inAll - 1} more problems are not shown` }]
    }
  }
}

const pathText = (path: ReadonlyArray<string | number>): string =>
  path.map((part, index) => (typeof part === "number" ? `[${part}]` : index === 0 ? part : `.${part}`)).join("")

/** `at d = 10, seed = 0 of sweep dimension`; empty where there is only one place to be. */
export const pointText = (point: Pick<Point, "sweep" | "swept">, combination: JsonObject): string => {
  const values = Object.entries({ ...point.swept, ...combination })
  const shown = values.slice(0, 8).map(([name, value]) => `${name} = ${JSON.stringify(value)}`)
  const at = shown.length === 0 ? [] : [`at ${shown.join(", ")}${values.length > shown.length ? ", ..." : ""}`]
  const sweep = point.sweep === undefined || point.sweep.name === "" ? [] : [`${shown.length === 0 ? "in" : "of"} sweep ${point.sweep.name}`]
  return [...at, ...sweep].join(" ")
}
