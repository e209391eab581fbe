/** The type that holds what two tables had under one name, as they changed over time. */
import type { ColumnType } from "../table/schema.ts"

const integerRank: Readonly<Partial<Record<ColumnType["type"], number>>> = { uint8: 1, int32: 2, int64: 3 }

/** The narrowest type that holds the values of both; text where nothing else does. */
export const widest = (a: ColumnType, b: ColumnType): ColumnType => {
  const type = widestPlain(a, b)
  return a.nullable === true || b.nullable === true ? { ...type, nullable: true } : type
}

const widestPlain = (a: ColumnType, b: ColumnType): ColumnType => {
  if (a.type === "fixedList" && b.type === "fixedList" && a.size === b.size) return { type: "fixedList", size: a.size, item: widest(a.item, b.item) }
  if ((a.type === "list" || a.type === "fixedList") && (b.type === "list" || b.type === "fixedList")) return { type: "list", item: widest(a.item, b.item) }
  if (a.type === b.type) return plain(a)
  const [left, right] = [integerRank[a.type], integerRank[b.type]]
  if (left !== undefined && right !== undefined) return plain(left > right ? a : b)
  const isFloat = (type: ColumnType) => type.type === "float32" || type.type === "float64"
  // A float32 does not hold every int32, a float64 does.
  if ((isFloat(a) || left !== undefined) && (isFloat(b) || right !== undefined)) return { type: "float64" }
  return { type: "utf8" }
}

const plain = (type: ColumnType): ColumnType => {
  const { doc: _doc, nullable: _nullable, ...rest } = type
  return rest
}
