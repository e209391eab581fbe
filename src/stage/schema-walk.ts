/** Following a parameter schema alongside a value: which keys an object may have, which values name files. */
import { SchemaAST } from "effect"
import { isJsonObject, type Json } from "./json.ts"
import { fileAnnotation } from "./params.ts"

/** The keys that the object at `path` may have; empty where the schema does not list them. */
export const keysAt = (ast: SchemaAST.AST, path: ReadonlyArray<string | number>): ReadonlyArray<string> => {
  const [key, ...rest] = path
  if (key !== undefined) return childrenAt(ast, key).flatMap((child) => keysAt(child, rest))
  return SchemaAST.isObjects(ast)
    ? ast.propertySignatures.map((property) => String(property.name))
    : alternatives(ast).flatMap((other) => keysAt(other, []))
}

/** The values inside `value` that the schema marks as names of project files, in order, without repetition. */
export const filesIn = (ast: SchemaAST.AST, value: Json): ReadonlyArray<string> => [...new Set(walk(ast, value))]

const walk = (ast: SchemaAST.AST, value: Json): ReadonlyArray<string> => {
  if (typeof value === "string") {
    if (SchemaAST.resolveAt<boolean>(fileAnnotation)(ast) === true) return [value]
    return alternatives(ast).flatMap((other) => walk(other, value))
  }
  if (Array.isArray(value)) return value.flatMap((item, i) => childrenAt(ast, i).flatMap((child) => walk(child, item)))
  if (!isJsonObject(value)) return []
  return Object.entries(value).flatMap(([key, item]) => childrenAt(ast, key).flatMap((child) => walk(child, item)))
}

/** Schemas of what may lie under `key`. */
const childrenAt = (ast: SchemaAST.AST, key: string | number): ReadonlyArray<SchemaAST.AST> => {
  if (SchemaAST.isObjects(ast)) {
    const property = ast.propertySignatures.find((candidate) => candidate.name === key)
    return property === undefined ? ast.indexSignatures.map((signature) => signature.type) : [property.type]
  }
  if (SchemaAST.isArrays(ast) && typeof key === "number") {
    const element = ast.elements[key]
    return element === undefined ? ast.rest : [element]
  }
  return alternatives(ast).flatMap((other) => childrenAt(other, key))
}

const alternatives = (ast: SchemaAST.AST): ReadonlyArray<SchemaAST.AST> =>
  SchemaAST.isUnion(ast) ? ast.types : SchemaAST.isSuspend(ast) ? [ast.thunk()] : []
