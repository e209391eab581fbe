import { Result } from "effect"
import { describe, expect, it } from "vitest"
import { evaluateTemplate, literalTemplate, parseText, templateReferences } from "../../src/spec/template.ts"

const scope = { params: { n: 3, name: "a", list: [1, 2] } }
const value = (text: string) => Result.flatMap(parseText(text), (template) => Result.mapError(evaluateTemplate(template, scope), (error) => [error]))

describe("text", () => {
  it.each([
    ["plain", "plain"],
    ["", ""],
    ["${{ params.n }}", 3],
    ["${{params.list}}", [1, 2]],
    ["n is ${{ params.n }}", "n is 3"],
    ["${{ params.name }}${{ params.n }}", "a3"],
    ["${{ '}}' }}", "}}"],
    ["${{ \"${{\" }} stays", "${{ stays"],
    ["a $ {{ b }} }}", "a $ {{ b }} }}"]
  ])("%s", (text, expected) => expect(value(text)).toEqual(Result.succeed(expected)))

  it("says which of its expressions is wrong", () => {
    const wrong = value("${{ params.n }} and ${{ 1 + }}")
    expect(Result.isFailure(wrong) && wrong.failure).toMatchObject([{ part: 1, offset: 3, source: "1 +" }])
    const open = value("see ${{ params.n")
    expect(Result.isFailure(open) && open.failure).toMatchObject([{ message: "this expression has no closing }}" }])
    const list = value("a ${{ params.list }}")
    expect(Result.isFailure(list) && list.failure).toMatchObject([{ message: "an array or object cannot stand inside text", part: 0 }])
  })
})

describe("structures", () => {
  it("says at which path an expression is wrong", () => {
    const bad = Result.getOrThrow(parseText("${{ 1 / 0 }}"))
    const template = { kind: "object", entries: { a: { kind: "array", items: [literalTemplate(1), bad] } } } as const
    const wrong = evaluateTemplate(template, scope)
    expect(Result.isFailure(wrong) && wrong.failure).toMatchObject({ path: ["a", 1], message: "division by zero", offset: 4 })
  })
  it("keeps literal values, texts with braces too", () => {
    const json = { a: [1, null, "${{ x }}"], b: { c: true } }
    expect(evaluateTemplate(literalTemplate(json), {})).toEqual(Result.succeed(json))
    expect(templateReferences(literalTemplate(json))).toEqual([])
  })
})
