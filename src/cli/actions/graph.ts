/** Draws a pipeline as text that other programs turn into pictures. */
import { Effect } from "effect"
import { readAsked, type Selection } from "../asked.ts"
import { dotOf, mermaidOf } from "../graph-text.ts"
import { findPlace, type PlaceInput } from "../place.ts"
import { print } from "../terminal.ts"

interface Input extends Selection, PlaceInput {
  readonly format: "mermaid" | "dot" | undefined
}

export const graphAction = Effect.fn("graph")(function*(input: Input) {
  const { plan } = yield* readAsked(input, yield* findPlace(input))
  print(input.format === "dot" ? dotOf(plan) : mermaidOf(plan))
})
