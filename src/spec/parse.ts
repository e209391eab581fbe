/**
 * Text of a pipeline file -> Pipeline, or every problem in it. Reading goes on after each mistake with what is left, and each
 * later check sees only what the earlier ones could make sense of, so that one mistake is reported once.
 */
import { Result } from "effect"
import { checkStageCycles, connect, findInterfaces, type Inputs, type Library } from "./check-inputs.ts"
import { checkAxis, checkParameterCycles, checkStageReferences, checkTemplate, type Unsound } from "./check-references.ts"
import { checkWith, mostInstances, type Setting } from "./check-with.ts"
import type { Collector } from "./collector.ts"
import { readDocument } from "./document.ts"
import { Field } from "./field.ts"
import { pipelineKeys } from "./keys.ts"
import { offsetOf } from "./node.ts"
import { dependents, evaluateParameters, parameterNeeds } from "./params.ts"
import type { Pipeline, StageDeclaration } from "./pipeline.ts"
import { checkSearch } from "./read-search.ts"
import { readClaims, readFigures, readPaper, readSummaries } from "./read-results.ts"
import { readStages, type StageDraft } from "./read-stages.ts"
import { type NamedTemplates, readParams, readProfiles, readSweeps } from "./read-sweeps.ts"
import type { Problem } from "./source.ts"
import { suggestion } from "./suggest.ts"
import { type Axis, axisValues, faultAt, mostPoints, mostPointsTogether, pointCount, resolveSweep, type SweepDeclaration, sweptParameters } from "./sweep.ts"
import { parametersRead, templateReferences } from "./template.ts"

export type { Library } from "./check-inputs.ts"

/**
 * @param file the file as the user named it; stands in every problem
 * @param library what stages there are; those that `usedStages` names should be found
 */
export const parsePipeline = (file: string, text: string, library: Library): Result.Result<Pipeline, ReadonlyArray<Problem>> => {
  const { collector, root: node } = readDocument(file, text)
  // After a syntax error the rest of the tree is a guess, and so would be every further problem.
  if (node === undefined || collector.any) return Result.fail(collector.problems())
  const root = new Field(node, [], collector)
  const pipeline = readPipeline(root, collector, library)
  return collector.any ? Result.fail(collector.problems()) : Result.succeed(pipeline)
}

/**
 * Names of the stages that the file seems to use, so that only those are loaded before it is parsed. A quick look at the text
 * for `uses: name`: it may name what a comment or a text mentions, and never fails.
 */
export const usedStages = (text: string): ReadonlyArray<string> => {
  const found = text.slice(0, 4 * 1024 * 1024).matchAll(/\buses["']?[ \t]{0,20}:\s{0,200}(?:&\S{1,100}\s{1,200})?(?:[>|][+-]?\s{1,200})?["']?([A-Za-z0-9_][A-Za-z0-9_./-]{0,200})/g)
  return [...new Set([...found].flatMap(([, name]) => name ?? []))]
}

const readPipeline = (root: Field, collector: Collector, library: Library): Pipeline => {
  const keys = root.known(pipelineKeys, "a pipeline is an object with the keys name, params, stages and others")
  const name = keys.name === undefined ? root.node.kind === "object" ? root.fail("name is missing", "name the pipeline: its tables are found under that name in SQL") : undefined : readName(keys.name)
  const params = readParams(keys.params)
  const profiles = readProfiles(keys.profiles, params.names)
  const sweeps = readSweeps(keys.sweeps, keys.sweep, params.names)
  const stages = root.node.kind === "object" ? readStages(root, keys.stages) : new Map<string, StageDraft>()
  checkAxisNames(stages, params.names)
  checkSweepTargets(root, sweeps, stages)
  const unsound = checkNames(root, params, profiles, sweeps, stages)
  const settings = settle(root, params, profiles, sweeps)
  const swept = dependents(parameterNeeds(params.templates), sweeps.flatMap((sweep) => [...sweptParameters(sweep)]))
  const interfaces = findInterfaces(stages, library)
  const surroundings = { root, settings, swept, budget: { left: mostInstances } }
  const declarations = [...stages.values()].map((draft): [string, StageDeclaration] => {
    const inputs = connect(draft, stages, interfaces)
    const matrix = resolveMatrix(root, draft, settings, swept)
    const stage = interfaces.get(draft.id)
    if (stage !== undefined) checkWith(draft, stage, unsound(draft), surroundings)
    return [draft.id, declare(draft, inputs, matrix)]
  })
  checkStageCycles(stages)
  for (const { path, search } of sweeps) if (search !== undefined) checkSearch(search, root.at([...path, search.strategy]), stages, interfaces)
  return {
    name: name ?? "",
    description: keys.description?.text(),
    paper: readPaper(keys.paper),
    params: params.templates,
    profiles: Object.fromEntries([...profiles].map(([profile, { templates }]) => [profile, templates])),
    sweeps: collector.any ? [] : sweeps.map((sweep) => resolveSweep(sweep, params.templates).sweep),
    stages: Object.fromEntries(declarations),
    summaries: readSummaries(keys.summaries),
    figures: readFigures(keys.figures),
    claims: readClaims(keys.claims),
    source: {
      file: collector.file,
      text: collector.text,
      locate: (path, which) => collector.position(offsetOf(root.node, path, which))
    },
    declared: { sweeps, matrices: Object.fromEntries([...stages.values()].map(({ id, matrix }) => [id, matrix])) }
  }
}

const readName = (field: Field): string | undefined => {
  const name = field.filled("a name for the pipeline")
  if (name !== undefined) field.checkName("pipeline", name)
  return name
}

const declare = ({ id, settings, uses, when, with: values }: StageDraft, inputs: Inputs, matrix: StageDeclaration["matrix"]): StageDeclaration => ({
  id,
  uses: uses?.name ?? "",
  with: Object.fromEntries([...values].flatMap(([key, { template }]) => template === undefined ? [] : [[key, template]])),
  in: inputs,
  when: when?.expression,
  matrix,
  ...settings
})

/** Axes and parameters are columns of one table. */
const checkAxisNames = (stages: ReadonlyMap<string, StageDraft>, params: ReadonlySet<string>): void => {
  const lower = new Set([...params].map((name) => name.toLowerCase()))
  for (const { axisFields } of stages.values()) {
    for (const [axis, field] of axisFields) {
      if (lower.has(axis.toLowerCase())) field.failKey(`the axis "${axis}" has the name of a parameter`, "both become columns of the tables; rename one")
    }
  }
}

const checkSweepTargets = (root: Field, sweeps: ReadonlyArray<SweepDeclaration>, stages: ReadonlyMap<string, StageDraft>): void => {
  for (const { path, targets } of sweeps) {
    for (const [index, target] of targets?.entries() ?? []) {
      if (!stages.has(target)) root.failExpression(faultAt([...path, "targets", index], `the file has no stage "${target}"`, suggestion(target, stages.keys())))
    }
  }
}

/** Every expression outside of stages, then those inside; tells which parts of a stage name what is not there. */
const checkNames = (root: Field, params: NamedTemplates, profiles: ReadonlyMap<string, NamedTemplates>, sweeps: ReadonlyArray<SweepDeclaration>, stages: ReadonlyMap<string, StageDraft>): (draft: StageDraft) => Unsound => {
  const ids = new Set(stages.keys())
  const outside = { params: params.names, axes: undefined, stages: ids }
  const check = ({ fields, templates }: NamedTemplates) => {
    for (const [name, template] of Object.entries(templates)) {
      const field = fields.get(name)
      if (field !== undefined) checkTemplate(field, template, outside)
    }
  }
  check(params)
  for (const profile of profiles.values()) check(profile)
  for (const { grid, list, path, set, zip } of sweeps) {
    for (const [name, template] of Object.entries(set)) checkTemplate(root.at([...path, "set", name]), template, outside)
    for (const axis of [...Object.values(grid), ...Object.values(zip)]) checkAxis(root.at(axis.path), axis.template, params.names, ids)
    for (const point of list) checkTemplate(root.at(point.path), point.template, outside)
  }
  const unsound = new Map([...stages].map(([id, stage]) => [id, checkStageReferences(stage, params.names, ids)]))
  return ({ id }) => unsound.get(id) ?? { when: false, with: new Set() }
}

/** The parameters as the file gives them and under each profile, with what is wrong with their values and with the axes there. */
const settle = (root: Field, params: NamedTemplates, profiles: ReadonlyMap<string, NamedTemplates>, sweeps: ReadonlyArray<SweepDeclaration>): ReadonlyArray<Setting> => {
  const swept = dependents(parameterNeeds(params.templates), sweeps.flatMap((sweep) => [...sweptParameters(sweep)]))
  const reported = new Set<string>()
  const report = (key: string, act: () => void) => {
    if (!reported.has(key)) act()
    reported.add(key)
  }
  const choices: ReadonlyArray<readonly [string | undefined, NamedTemplates | undefined]> = [[undefined, undefined], ...profiles]
  return choices.map(([profile, chosen]) => {
    const suffix = profile === undefined ? "" : ` (with --profile ${profile})`
    const templates = { ...params.templates, ...chosen?.templates }
    const fieldOf = (name: string) => chosen?.fields.get(name) ?? params.fields.get(name)
    const { failures, values } = evaluateParameters(templates)
    checkParameterCycles(templates, fieldOf)
    for (const { error, name } of failures) {
      if (!swept.has(name)) report(`${name} ${error.message}`, () => fieldOf(name)?.failExpression({ ...error, message: error.message + suffix }))
    }
    let points = 0
    for (const sweep of sweeps) {
      if (profile === undefined) checkParameterCycles({ ...templates, ...sweep.set }, (name) => Object.hasOwn(sweep.set, name) ? root.at([...sweep.path, "set", name]) : fieldOf(name))
      if (!evaluable(sweep, values)) continue
      const resolved = resolveSweep(sweep, templates, values)
      for (const fault of resolved.faults) {
        report(`${fault.path.join(".")} ${fault.message}`, () => root.failExpression({ ...fault, message: fault.message + suffix }))
      }
      const count = pointCount(resolved.sweep)
      points += count > mostPoints ? 0 : count // too many alone has been reported
      if (points <= mostPointsTogether) continue
      report("points", () => root.failExpression(faultAt(sweep.path, `the sweeps of this file have more than ${mostPointsTogether.toLocaleString("en")} points together${suffix}`)))
      break
    }
    return { profile, params: values }
  })
}

/** Whether the axes read only parameters that have a value, so that no earlier problem is reported again. */
const evaluable = ({ grid, list, set, zip }: SweepDeclaration, values: Readonly<Record<string, unknown>>): boolean =>
  [...Object.values(grid), ...Object.values(zip), ...list].every(({ template }) =>
    [...parametersRead(templateReferences(template)) ?? []].every((name) => Object.hasOwn(values, name) || Object.hasOwn(set, name)))

/** The axes of a stage's matrix. They hold for the whole file, so no sweep may change them. */
const resolveMatrix = (root: Field, { matrix }: StageDraft, settings: ReadonlyArray<Setting>, swept: ReadonlySet<string>): StageDeclaration["matrix"] => {
  const resolved: Array<[string, StageDeclaration["matrix"][string]]> = []
  for (const [name, axis] of Object.entries(matrix)) {
    const read = parametersRead(templateReferences(axis.template))
    const varying = [...read ?? swept].find((param) => swept.has(param))
    if (varying !== undefined) {
      root.failExpression(faultAt(axis.path, `the axis "${name}" depends on params.${varying}, which a sweep sets`, "the axes of a matrix hold at every point; sweep the values themselves"))
      continue
    }
    const first = firstValues(root, axis, settings, read)
    if (first !== undefined) resolved.push([name, first])
  }
  return Object.fromEntries(resolved)
}

/** The axis under each setting, the first of which is the file's own. */
const firstValues = (root: Field, axis: Axis, settings: ReadonlyArray<Setting>, read: ReadonlySet<string> | undefined): StageDeclaration["matrix"][string] | undefined => {
  const reported = new Set<string>()
  let first: StageDeclaration["matrix"][string] | undefined
  for (const { params, profile } of settings) {
    if (read !== undefined && [...read].some((name) => !Object.hasOwn(params, name))) continue
    const values = axisValues(axis, { params })
    if (Result.isSuccess(values)) {
      if (profile === undefined) first = values.success
    } else if (!reported.has(values.failure.message)) {
      reported.add(values.failure.message)
      root.failExpression({ ...values.failure, message: values.failure.message + (profile === undefined ? "" : ` (with --profile ${profile})`) })
    }
  }
  return first
}
