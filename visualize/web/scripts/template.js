// Fill templates of formulas, where each node is its index between two marks.

export const BLANK = /\ue000(\d+)\ue001/g;

/** Write names into a template. */
export const fillNames = (template, names) => template.replace(BLANK, (_, i) => names[i]);

/** Write numbers into a template, negative ones in parentheses where needed. */
export function fillNumbers(template, texts) {
  return template.replace(BLANK, (whole, i, at) => {
    const text = texts[i], after = template.slice(at + whole.length), negated = /(^|[\s(])-$/.test(template.slice(0, at));
    const tight = text.startsWith("-") && (after.startsWith(" **") || after.startsWith("*"));
    return tight || (negated && /^[-\d]/.test(text)) ? `(${text})` : text;
  });
}

/** A printed number as a tree. */
export function numeral(text) {
  const plain = text.replace(/^-/, ""), made = [/^\d/.test(plain) ? "mn" : "mi", plain.replace("-", "−")];
  return plain === text ? made : ["mrow", ["mo", "−"], made];
}
