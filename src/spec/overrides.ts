/**
 * Changes from the command line: `--profile`, `--set name=value`, `--sweep name=a,b`. What the command line says holds
 * everywhere: a parameter set there is set in every sweep, and an axis given there is an axis of every sweep.
 */
import { Result } from "effect"
import type { Json, JsonObject } from "../stage/json.ts"
import { showPath } from "./collector.ts"
import { readDocument } from "./document.ts"
import { subtractionHint } from "./expression/evaluate.ts"
import { functions, parseExpression, references } from "./expression.ts"
import { Field } from "./field.ts"
import { inOrder, showCycle } from "./graph.ts"
import { dependents, evaluateParameters, parameterNeeds, type Parameters } from "./params.ts"
import type { Pipeline, StageDeclaration, Sweep, Template } from "./pipeline.ts"
import type { Sampling } from "./sampling.ts"
import { bracketsOf, configCount } from "./search.ts"
import type { Problem } from "./source.ts"
import { suggestion } from "./suggest.ts"
import { type Axis, axisValues, faultAt, resolveSweep, type SweepDeclaration, sweptParameters } from "./sweep.ts"
import { literalTemplate, parametersRead, parseText, type TemplateError, templateExpressions, templateReferences } from "./template.ts"

export interface Overrides {
  readonly profile?: string | undefined
  /** `name=value`: a YAML value, a call such as `round(10 / 3)`, or text with `${{ expressions }}`. */
  readonly set?: ReadonlyArray<string>
  /** `name=a,b,c`, `name=[a, b]` or `name=range(0, 10)`. */
  readonly sweep?: ReadonlyArray<string>
}

export const withOverrides = (pipeline: Pipeline, { profile, set = [], sweep = [] }: Overrides): Result.Result<Pipeline, ReadonlyArray<Problem>> => {
  if (profile === undefined && set.length === 0 && sweep.length === 0) return Result.succeed(pipeline)
  const problems: Array<Problem> = []
  const assignments = (option: string, given: ReadonlyArray<string>) => given.flatMap((text) => readAssignment(option, text, pipeline, problems) ?? [])
  const values = assignments("--set", set)
  const axes = assignments(sweepOption, sweep)
  for (const { name, excerpt } of axes) {
    if (values.some((value) => value.name === name)) problems.push(problemIn(excerpt, excerpt.indexOf(name), `"${name}" is both set and swept`, "leave out one of the two"))
  }
  const chosen = profile === undefined ? {} : findProfile(pipeline, profile, problems)
  if (problems.length > 0) return Result.fail(problems)

  const params: Parameters = { ...pipeline.params, ...chosen, ...Object.fromEntries(values.map(({ name, template }) => [name, template])) }
  checkValues(params, values, problems)
  if (problems.length > 0) return Result.fail(problems)
  const fixed = new Set(values.map(({ name }) => name))
  const swept: Readonly<Record<string, Axis>> = Object.fromEntries(axes.map(({ name, template }) => [name, { form: "values", template, path: [sweepOption, name] }]))
  const declared = declaredSweeps(pipeline).map((declaration) => without(declaration, new Set([...fixed, ...Object.keys(swept)])))
  const base: ReadonlyArray<SweepDeclaration> = declared.length > 0 ? declared : axes.length > 0 ? [unnamed] : []
  const sweeps = base.map((declaration) => ({ ...declaration, grid: { ...declaration.grid, ...swept } }))

  const matrices = pipeline.declared?.matrices ?? {}
  const stages = resolveMatrices(pipeline, matrices, params, sweeps, problems)
  const resolved = sweeps.map((declaration) => {
    const { faults, sweep: one } = resolveSweep(declaration, params)
    for (const fault of faults) problems.push(problemAt(pipeline, fault, axes))
    return one
  })
  if (problems.length > 0) return Result.fail(problems.filter((one, index) => problems.findIndex((other) => other.message === one.message && other.path === one.path) === index))
  return Result.succeed({
    ...pipeline,
    params,
    sweeps: resolved,
    stages,
    declared: { sweeps, matrices },
    ...(profile === undefined ? {} : { profile })
  })
}

const unnamed: SweepDeclaration = { name: "", path: ["sweep"], set: {}, grid: {}, zip: {}, list: [], targets: undefined }

/** First step of the path of an axis that an option gave. */
const sweepOption = "--sweep"
const commandLine = "<command line>"

const problemIn = (excerpt: string, offset: number, message: string, hint?: string): Problem =>
  ({ file: commandLine, position: { line: 1, column: Math.max(0, offset) + 1 }, path: "", message, excerpt, ...(hint === undefined ? {} : { hint }) })

interface Assignment {
  readonly name: string
  readonly template: Template
  /** The option as it was given, for messages. */
  readonly excerpt: string
}

const readAssignment = (option: string, text: string, pipeline: Pipeline, problems: Array<Problem>): Assignment | undefined => {
  const excerpt = `${option} ${text}`
  const start = option.length + 1
  const equals = text.indexOf("=")
  const fail = (offset: number, message: string, hint?: string): undefined => {
    problems.push(problemIn(excerpt, offset, message, hint))
    return undefined
  }
  if (equals <= 0) return fail(start, `${option} takes name=value`, option === sweepOption ? "for example --sweep eps=0.1,0.2" : "for example --set eps=0.2")
  const name = text.slice(0, equals).trim()
  const names = Object.keys(pipeline.params)
  if (!names.includes(name)) return fail(start, `the file has no parameter "${name}"`, suggestion(name, names))
  const value = text.slice(equals + 1)
  const offset = start + equals + 1
  const read = option === sweepOption ? readAxisText(value) : readValueText(value)
  if (Result.isFailure(read)) return fail(offset + read.failure.offset, read.failure.message, read.failure.hint)
  for (const { expression } of templateExpressions(read.success)) {
    for (const { offset: at, path: [first], root } of references(expression)) {
      const place = offset + Math.max(0, value.indexOf(expression.source)) + at
      if (root !== "params") return fail(place, `unknown name "${root}"`, names.includes(root) ? `write params.${root}` : undefined)
      if (typeof first === "string" && !names.includes(first)) return fail(place, `the file has no parameter "${first}"`, subtractionHint(first, names) ?? suggestion(first, names))
    }
  }
  return { name, template: read.success, excerpt }
}

interface TextFault {
  readonly message: string
  readonly offset: number
  readonly hint?: string
}

/** A call of a known function is an expression as it stands; anything else is YAML, whose texts may hold expressions. */
const readValueText = (text: string): Result.Result<Template, TextFault> => {
  const call = /^\s*([a-z]+)\(.*\)\s*$/s.exec(text)?.[1]
  if (call !== undefined && functions.has(call)) {
    return Result.map(parseExpression(text), (expression) => ({ kind: "expression", expression }))
  }
  if (text.includes("${{")) {
    return Result.mapError(parseText(text), ([first]) => ({ message: first?.message ?? "", offset: Math.max(0, text.indexOf(first?.source ?? "")) + Math.max(0, first?.offset ?? 0), ...(first?.hint === undefined ? {} : { hint: first.hint }) }))
  }
  return readYaml(text)
}

/** `a,b,c` is short for `[a,b,c]`; `[a,b,c]` is the axis itself and not an axis of one list. */
const readAxisText = (text: string): Result.Result<Template, TextFault> => {
  const expression = text.includes("${{") || /^\s*[a-z]+\(.*\)\s*$/s.test(text)
  if (expression) return readValueText(text)
  const read = Result.mapError(readYaml(`[${text}]`), (fault) => ({ ...fault, offset: Math.max(0, fault.offset - 1) }))
  return Result.map(read, (template) => {
    const [first, ...others] = template.kind === "array" ? template.items : []
    return first?.kind === "array" && others.length === 0 ? first : template
  })
}

const readYaml = (text: string): Result.Result<Template, TextFault> => {
  if (text.trim() === "") return Result.succeed({ kind: "literal", value: null })
  const { collector, root } = readDocument(commandLine, text)
  const template = root === undefined ? undefined : new Field(root, [], collector).template()
  const [problem] = collector.problems()
  if (template !== undefined && problem === undefined) return Result.succeed(template)
  return Result.fail({ message: problem?.message ?? "this is no value", offset: (problem?.position.column ?? 1) - 1, ...(problem?.hint === undefined ? {} : { hint: problem.hint }) })
}

const findProfile = ({ profiles }: Pipeline, name: string, problems: Array<Problem>): Parameters => {
  const found = Object.hasOwn(profiles, name) ? profiles[name] : undefined
  if (found !== undefined) return found
  const names = Object.keys(profiles)
  problems.push(problemIn(`--profile ${name}`, "--profile ".length, `the file has no profile "${name}"`, names.length === 0 ? "it has none" : suggestion(name, names)))
  return {}
}

/** Values that the options give and that cannot be computed. */
const checkValues = (params: Parameters, values: ReadonlyArray<Assignment>, problems: Array<Problem>): void => {
  for (const cycle of inOrder(parameterNeeds(params)).cycles) {
    const culprit = values.find(({ name }) => cycle.includes(name))
    if (culprit !== undefined) problems.push(problemIn(culprit.excerpt, culprit.excerpt.indexOf(culprit.name), `these parameters need each other: ${showCycle(cycle)}`))
  }
  for (const { error: { hint, message, offset, source }, name } of evaluateParameters(params).failures) {
    const culprit = values.find((value) => value.name === name)
    if (culprit !== undefined) problems.push(problemIn(culprit.excerpt, Math.max(0, culprit.excerpt.indexOf(source)) + Math.max(0, offset), message, hint))
  }
}

/** The sweeps as the file writes them; of a pipeline made by hand, as they are. */
const declaredSweeps = (pipeline: Pipeline): ReadonlyArray<SweepDeclaration> =>
  pipeline.declared?.sweeps ?? pipeline.sweeps.map((sweep): SweepDeclaration => {
    const path = sweep.name === "" ? ["sweep"] : ["sweeps", sweep.name]
    const axes = (group: "grid" | "zip", values: Sweep["grid"]) =>
      Object.fromEntries(Object.entries(values).map(([name, axis]): [string, Axis] => [name, { form: "values", template: literalTemplate(axis), path: [...path, group, name] }]))
    return { ...sweep, path, grid: axes("grid", sweep.grid), zip: axes("zip", sweep.zip), list: sweep.list.map((point, index) => ({ template: literalTemplate(point), path: [...path, "list", index] })) }
  })

/** The sweep without any value of its own for these parameters. Points of a list that no longer differ become one. */
const without = (declaration: SweepDeclaration, names: ReadonlySet<string>): SweepDeclaration => {
  const keep = <A>(group: Readonly<Record<string, A>>): Readonly<Record<string, A>> => Object.fromEntries(Object.entries(group).filter(([name]) => !names.has(name)))
  const { list } = declaration
  const points = list.map(({ path, template }) => ({ path, template: template.kind === "object" ? { ...template, entries: keep(template.entries) } : template }))
  const seen = new Set<string>()
  const distinct = points.filter(({ template }) => {
    const text = JSON.stringify(template)
    return seen.has(text) ? false : seen.add(text)
  })
  return {
    ...declaration,
    set: keep(declaration.set),
    grid: keep(declaration.grid),
    zip: keep(declaration.zip),
    list: distinct,
    ...drawnWithout(declaration, names, keep)
  }
}

/** A search whose resource is given has no rungs any more: its configurations are points drawn at random. */
const drawnWithout = (
  { sampling, search }: SweepDeclaration,
  names: ReadonlySet<string>,
  keep: (axes: Sampling["axes"]) => Sampling["axes"]
): Pick<SweepDeclaration, "sampling" | "search"> => {
  const less = (drawn: Sampling): Sampling | undefined => {
    const axes = keep(drawn.axes)
    return Object.keys(axes).length === 0 ? undefined : { ...drawn, axes }
  }
  if (search === undefined) return { sampling: sampling === undefined ? undefined : less(sampling), search }
  const drawn = less(search.sampling)
  if (drawn === undefined) return { sampling, search: undefined }
  return names.has(search.resource) ? { sampling: { ...drawn, points: configCount(bracketsOf(search)) }, search: undefined } : { sampling, search: { ...search, sampling: drawn } }
}

const resolveMatrices = (pipeline: Pipeline, matrices: NonNullable<Pipeline["declared"]>["matrices"], params: Parameters, sweeps: ReadonlyArray<SweepDeclaration>, problems: Array<Problem>): Pipeline["stages"] => {
  const scope: JsonObject = { params: evaluateParameters(params).values }
  const swept = dependents(parameterNeeds(params), sweeps.flatMap((sweep) => [...sweptParameters(sweep)]))
  const resolve = (stage: StageDeclaration): StageDeclaration => {
    const axes = Object.entries(matrices[stage.id] ?? {}).flatMap(([name, axis]): ReadonlyArray<[string, ReadonlyArray<Json>]> => {
      const varying = [...parametersRead(templateReferences(axis.template)) ?? swept].find((param) => swept.has(param))
      if (varying !== undefined) {
        problems.push(problemAt(pipeline, faultAt(axis.path, `the axis "${name}" depends on params.${varying}, which is swept`), []))
        return []
      }
      const values = axisValues(axis, scope)
      if (Result.isSuccess(values)) return [[name, values.success]]
      problems.push(problemAt(pipeline, values.failure, []))
      return []
    })
    return axes.length === 0 ? stage : { ...stage, matrix: { ...stage.matrix, ...Object.fromEntries(axes) } }
  }
  return Object.fromEntries(Object.entries(pipeline.stages).map(([id, stage]) => [id, resolve(stage)]))
}

/** A fault of an axis at its place: in the file, or in the option that gave the axis. */
const problemAt = ({ source }: Pipeline, { hint, message, path }: TemplateError, axes: ReadonlyArray<Assignment>): Problem => {
  const [option, name] = path
  const given = option === sweepOption ? axes.find((axis) => axis.name === name) : undefined
  if (given !== undefined) return problemIn(given.excerpt, given.excerpt.indexOf("=") + 1, message, hint)
  return { file: source.file, position: source.locate(path), path: showPath(path), message, ...(hint === undefined ? {} : { hint }) }
}
