// Templates of formulas become text: a node stands in them as its number between two marks.

export const BLANK = /\ue000(\d+)\ue001/g;

/** The template with names. */
export const named = (template, names) => template.replace(BLANK, (_, i) => names[i]);

/** The template with numbers, each in parentheses where a minus would stand in the way. */
export function numbered(template, texts) {
  return template.replace(BLANK, (whole, i, at) => {
    const text = texts[i], after = template.slice(at + whole.length), negated = /(^|[\s(])-$/.test(template.slice(0, at));
    const tight = text.startsWith("-") && (after.startsWith(" **") || after.startsWith("*"));
    return tight || (negated && /^[-\d]/.test(text)) ? `(${text})` : text;
  });
}

/** A printed number as a tree. */
export function numeral(text) {
  const plain = text.replace(/^-/, ""), made = [/^\d/.test(plain) ? "mn" : "mi", plain];
  return plain === text ? made : ["mrow", ["mo", "−"], made];
}
