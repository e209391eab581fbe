/** A pipeline's stages and what they feed each other, as Mermaid or DOT. Pure. */
import type { Plan } from "../plan/plan.ts"

interface Edge {
  readonly from: string
  readonly to: string
  readonly label: string
}

/** `output`, or `output as input` where the names differ. */
const edgesOf = (plan: Plan): ReadonlyArray<Edge> =>
  Object.values(plan.pipeline.stages).flatMap(({ id, in: inputs }) =>
    Object.entries(inputs).flatMap(([input, references]) =>
      references.map(({ output, stage }) => ({ from: stage, to: id, label: output === input ? output : `${output} as ${input}` }))))

interface Node {
  readonly id: string
  readonly uses: string
  readonly tasks: number
}

const nodesOf = (plan: Plan): ReadonlyArray<Node> =>
  Object.values(plan.pipeline.stages).map(({ id, uses }) => ({ id, uses, tasks: plan.tasks.filter((task) => task.stage === id).length }))

const tasksText = (tasks: number): string => (tasks === 1 ? "1 task" : `${tasks} tasks`)

/** For Markdown: GitHub and GitLab draw a block that begins with three backquotes and `mermaid`. Nodes are numbered, because ids may be words of the language. */
export const mermaidOf = (plan: Plan): string => {
  const nodes = nodesOf(plan)
  const names = new Map(nodes.map(({ id }, at) => [id, `s${at}`]))
  const quoted = (text: string) => text.replaceAll("\"", "#quot;")
  return [
    "flowchart TD",
    ...nodes.map(({ id, tasks, uses }) => `  ${names.get(id)}["${quoted(id)}<br/>${quoted(uses)}<br/>${tasksText(tasks)}"]`),
    ...edgesOf(plan).map(({ from, label, to }) => `  ${names.get(from)} -->|"${quoted(label)}"| ${names.get(to)}`)
  ].join("\n")
}

/** For Graphviz: `reprise graph FILE --format dot | dot -Tsvg > graph.svg`. */
export const dotOf = (plan: Plan): string => {
  const quoted = (text: string) => `"${text.replaceAll("\\", "\\\\").replaceAll("\"", "\\\"")}"`
  const lines = (texts: ReadonlyArray<string>) => quoted(texts.join("\u0000")).replaceAll("\u0000", "\\n")
  return [
    `digraph ${quoted(plan.pipeline.name)} {`,
    "  node [shape=box, fontname=\"sans-serif\"];",
    ...nodesOf(plan).map(({ id, tasks, uses }) => `  ${quoted(id)} [label=${lines([id, uses, tasksText(tasks)])}];`),
    ...edgesOf(plan).map(({ from, label, to }) => `  ${quoted(from)} -> ${quoted(to)} [label=${quoted(label)}];`),
    "}"
  ].join("\n")
}
