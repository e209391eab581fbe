/**
 * Lists of layers, and the layers that are made of lists: residual, parallel, repeat, sequence and the file's own blocks. Reading checks
 * everything that does not depend on the data's shape and works out all formulas; what comes out is a function.
 */
import type { Value } from "../graph.ts"
import { GraphError } from "../errors.ts"
import { Misfit } from "../operator.ts"
import * as o from "../ops.ts"
import { sameShape, showShape } from "../shape.ts"
import { isRecord, resolve, type Variables } from "./formula.ts"
import type { Forward } from "./layer.ts"
import { sampleShape } from "./layer.ts"
import { ArchitectureError, architectureError, type Path, type Problem, unknown } from "./problem.ts"
import { layerKinds } from "./registry.ts"
import type { Scope } from "./scope.ts"

/** A block of the file: settings with defaults (null: none), and layers that use them. */
export interface Block {
  readonly settings: Readonly<Record<string, unknown>>
  readonly layers: unknown
  readonly path: Path
}

export interface Reading {
  readonly blocks: ReadonlyMap<string, Block>
  /** The file's settings, which its blocks see besides their own. */
  readonly settings: Variables
  readonly problems: Array<Problem>
  /** Layers read so far: a file of a few lines must not grow without end. */
  count: number
}

/** Where a list of layers stands. */
interface Place {
  readonly path: Path
  readonly variables: Variables
  /** Blocks around it. */
  readonly within: ReadonlyArray<string>
  /** As in "layer 3 (residual), body "; empty at the top. */
  readonly words: string
}

/** More layers than any network of the literature. */
const MOST_LAYERS = 20_000
/** Keys beside the kind of a layer. */
const COMMON = ["name", "from", "keep"]
const made = ["residual", "parallel", "repeat", "sequence", "use"]

interface Step {
  readonly name: string
  readonly kind: string
  readonly path: Path
  readonly words: string
  readonly from: string | undefined
  readonly keep: string | undefined
  readonly forward: Forward
  /** Made of layers that are listed by themselves. */
  readonly composed: boolean
}

/** The layers of a list one after the other. Problems are added to the reading's. */
export const readLayers = (list: unknown, reading: Reading, place: Place): Forward => {
  if (!Array.isArray(list) || list.length === 0) {
    reading.problems.push({ path: place.path, message: "expected a list of layers" })
    return (x) => x
  }
  const steps = list.flatMap((entry: unknown, i) => readStep(entry, i, reading, place) ?? [])
  const seen = new Set<string>()
  for (const { name, path } of steps) {
    if (seen.has(name)) reading.problems.push({ path, message: `two layers of the list have the name "${name}"` })
    seen.add(name)
  }
  return (x, scope) => steps.reduce((value, step) => runStep(step, value, scope), x)
}

const readStep = (entry: unknown, i: number, reading: Reading, place: Place): Step | undefined => {
  const path = [...place.path, i]
  const problem = (message: string, at: Path = path): undefined => void reading.problems.push({ path: at, message })
  if (++reading.count > MOST_LAYERS) {
    if (reading.count === MOST_LAYERS + 1) problem(`more than ${MOST_LAYERS} layers`)
    return undefined
  }
  const found = kindOf(entry)
  if (typeof found === "string") return problem(found)
  const { common, kind, settings } = found
  const words = `${place.words}${place.words === "" ? "Layer" : "layer"} ${i + 1} (${kind})`
  const inside: Place = { ...place, path: kind === "use" ? path : [...path, kind], words: `${words}, ` }
  const resolved = made.includes(kind) && kind !== "use" ? settings
    : resolve(settings, place.variables, (message, rest) => problem(message, [...inside.path, ...rest]))
  const text = (key: string): string | undefined => {
    const value = common[key]
    if (value === undefined || (typeof value === "string" && value !== "")) return value
    return problem(`\`${key}\` is a name`, [...path, key])
  }
  const forward = readKind(kind, resolved, reading, inside)
  if (forward === undefined) return undefined
  return { name: text("name") ?? `layer${i + 1}`, kind, path, words, from: text("from"), keep: text("keep"), forward, composed: made.includes(kind) }
}

interface Found {
  readonly kind: string
  readonly settings: unknown
  readonly common: Readonly<Record<string, unknown>>
}

/** What an entry of a list is, or what is wrong with it. */
const kindOf = (entry: unknown): Found | string => {
  const known = [...made, ...layerKinds.keys()]
  if (typeof entry === "string") return known.includes(entry) ? { kind: entry, settings: {}, common: {} } : unknown("layer", entry, known)
  if (!isRecord(entry)) return "expected a layer: a name, or a name with its settings, as in { linear: { units: 10 } }"
  const common = Object.fromEntries(Object.entries(entry).filter(([key]) => COMMON.includes(key)))
  const own = Object.entries(entry).filter(([key]) => !COMMON.includes(key))
  if (Object.hasOwn(entry, "use")) return { kind: "use", settings: Object.fromEntries(own), common }
  const [first, second] = own
  if (first === undefined) return "expected the kind of a layer"
  const [kind, settings] = first
  if (!known.includes(kind)) return unknown("layer", kind, known)
  if (second !== undefined) return `one layer is expected, not both ${kind} and ${second[0]}`
  return { kind, settings: settings ?? {}, common }
}

const readKind = (kind: string, settings: unknown, reading: Reading, place: Place): Forward | undefined => {
  const problem = (message: string, at: Path = place.path): undefined => void reading.problems.push({ path: at, message })
  if (kind === "sequence") return readLayers(settings, reading, place)
  if (!isRecord(settings)) return problem(`expected the settings of ${kind}, as in { ${kind}: { ... } }`)
  if (kind === "use") return useBlock(settings, reading, place)
  if (kind === "residual") return residual(settings, reading, place)
  if (kind === "parallel") return parallel(settings, reading, place)
  if (kind === "repeat") return repeat(settings, reading, place)
  const read = layerKinds.get(kind)?.read(settings)
  if (read?._tag === "Success") return read.success
  for (const each of read?.failure ?? []) problem(each.message, [...place.path, ...each.path])
  return undefined
}

/** A block of the file with its settings filled in. */
const useBlock = ({ use, ...given }: Readonly<Record<string, unknown>>, reading: Reading, place: Place): Forward | undefined => {
  const problem = (message: string, key?: string): undefined => void reading.problems.push({ path: key === undefined ? place.path : [...place.path, key], message })
  const block = typeof use === "string" ? reading.blocks.get(use) : undefined
  if (typeof use !== "string" || block === undefined) return problem(unknown("block", String(use), [...reading.blocks.keys()]), "use")
  if (place.within.includes(use)) return problem(`the block ${use} uses itself`, "use")
  const known = Object.keys(block.settings)
  for (const key of Object.keys(given)) if (!known.includes(key)) problem(unknown(`setting of the block ${use}`, key, known), key)
  const bound = known.flatMap((key): ReadonlyArray<readonly [string, unknown]> => {
    const value = given[key] ?? block.settings[key]
    if (value === null || value === undefined) problem(`the block ${use} needs \`${key}\``)
    return [[key, value]]
  })
  return readLayers(block.layers, reading, {
    path: block.path, variables: { ...reading.settings, ...Object.fromEntries(bound) }, within: [...place.within, use], words: `${place.words}${use} `
  })
}

/** Only these keys, among them the required ones. */
const checkKeys = (kind: string, settings: Readonly<Record<string, unknown>>, known: ReadonlyArray<string>, required: string, reading: Reading, place: Place): boolean => {
  for (const key of Object.keys(settings)) {
    if (!known.includes(key)) reading.problems.push({ path: [...place.path, key], message: unknown(`setting of ${kind}`, key, known) })
  }
  if (Object.hasOwn(settings, required)) return true
  reading.problems.push({ path: place.path, message: `${kind} needs \`${required}\`` })
  return false
}

const inner = (place: Place, key: string | number, words: string, variables: Variables = place.variables): Place =>
  ({ ...place, path: [...place.path, key], words: `${place.words}${words} `, variables })

/**
 * body(before(x)) plus x. Where the body changes the shape, the shortcut takes x to the new one: from x itself, or from what `before`
 * gave (`shortcut-from: before`, as in the pre-activation ResNets of common use).
 */
const residual = (settings: Readonly<Record<string, unknown>>, reading: Reading, place: Place): Forward | undefined => {
  if (!checkKeys("residual", settings, ["before", "body", "shortcut", "shortcut-from"], "body", reading, place)) return undefined
  const list = (key: string): Forward | undefined => (settings[key] === undefined ? undefined : readLayers(settings[key], reading, inner(place, key, key)))
  const [before, body, shortcut] = [list("before"), list("body"), list("shortcut")]
  const from = settings["shortcut-from"] ?? "input"
  if (from !== "input" && from !== "before") {
    reading.problems.push({ path: [...place.path, "shortcut-from"], message: "expected input or before" })
  }
  return (x, scope) => {
    const ready = before === undefined ? x : before(x, scope.within("before"))
    const y = body?.(ready, scope) ?? ready
    if (sameShape(x.shape, y.shape)) return o.add(x, y)
    if (shortcut === undefined) throw new Misfit(`has a body that gives [${sampleShape(y).join(", ")}] and no shortcut`)
    const short = shortcut(from === "before" ? ready : x, scope.within("shortcut"))
    if (!sameShape(short.shape, y.shape)) {
      throw new Misfit(`has a shortcut that gives ${showShape(sampleShape(short))} and a body that gives ${showShape(sampleShape(y))}`)
    }
    return o.add(y, short)
  }
}

/** Branches of the same input, joined along an axis of the sample or added up. */
const parallel = (settings: Readonly<Record<string, unknown>>, reading: Reading, place: Place): Forward | undefined => {
  if (!checkKeys("parallel", settings, ["branches", "join", "axis"], "branches", reading, place)) return undefined
  const { axis = 0, branches, join = "concat" } = settings
  const problem = (key: string, message: string): undefined => void reading.problems.push({ path: [...place.path, key], message })
  if (!Array.isArray(branches) || branches.length === 0) return problem("branches", "expected a list of lists of layers")
  if (join !== "concat" && join !== "sum" && join !== "mean") return problem("join", "expected concat, sum or mean")
  if (typeof axis !== "number" || !Number.isInteger(axis) || axis < 0) return problem("axis", "expected an axis of the sample, from 0")
  const read = branches.map((branch: unknown, i) => readLayers(branch, reading, inner(inner(place, "branches", ""), i, `branch ${i + 1},`)))
  return (x, scope) => {
    const results = read.map((branch, i) => branch(x, scope.within(`branch${i + 1}`)))
    if (join === "concat") return o.concat(results, axis + 1)
    const sum = results.reduce((a, b) => o.add(a, b))
    return join === "sum" ? sum : o.mul(sum, 1 / results.length)
  }
}

/** The same layers so often, each time with weights of their own; `$i` (or what `index` names) counts from 0. */
const repeat = (settings: Readonly<Record<string, unknown>>, reading: Reading, place: Place): Forward | undefined => {
  if (!checkKeys("repeat", settings, ["times", "layers", "index"], "layers", reading, place)) return undefined
  const problem = (key: string, message: string): undefined => void reading.problems.push({ path: [...place.path, key], message })
  const times = resolve(settings["times"], place.variables, (message) => problem("times", message))
  const { index = "i" } = settings
  if (typeof times !== "number" || !Number.isInteger(times) || times < 0) return problem("times", "expected how often: a whole number")
  if (typeof index !== "string") return problem("index", "expected a name for the number of the repetition")
  const rounds: Array<Forward> = []
  // What is wrong with the first round is wrong with all.
  const before = reading.problems.length
  for (let i = 0; i < times && reading.problems.length === before; i++) {
    rounds.push(readLayers(settings["layers"], reading, inner(place, "layers", `round ${i + 1},`, { ...place.variables, [index]: i })))
  }
  return (x, scope) => rounds.reduce((value, round, i) => round(value, scope.within(`${i + 1}`)), x)
}

/** @throws ArchitectureError naming the layer that does not fit what it is given. */
const runStep = (step: Step, previous: Value, scope: Scope): Value => {
  const x = step.from === undefined ? previous : scope.kept(step.from)
  if (x === undefined) throw misfit(step, `starts from ${unknown("value", step.from ?? "", scope.keptNames)}`, previous)
  try {
    const own = scope.within(step.name, 1)
    const y = step.composed ? step.forward(x, own) : own.traced(step.kind, x, (scope) => step.forward(x, scope))
    if (step.keep !== undefined) scope.keep(step.keep, y)
    return y
  } catch (error) {
    if (error instanceof ArchitectureError) throw error
    if (error instanceof Misfit) throw misfit(step, error.message, x)
    if (error instanceof GraphError) throw architectureError([{ path: step.path, message: `${step.words}: ${error.message}` }])
    throw error
  }
}

const misfit = ({ path, words }: Step, message: string, x: Value): ArchitectureError =>
  architectureError([{ path, message: `${words} ${message}, but gets samples of shape ${showShape(sampleShape(x))}.` }])
