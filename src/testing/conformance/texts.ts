/** Text that has been broken by some codec, somewhere. */
export const texts: Readonly<Record<string, string>> = {
  empty: '',
  space: ' \t\r\n ',
  'an umlaut': 'Grüße, Ægir',
  'a combined letter': 'e\u0301',
  'four bytes': '🫖 𝒞 👩‍👩‍👧',
  'right to left': 'שלום \u202e مرحبا',
  NUL: 'a\u0000b',
  'control characters': '\u0001\u001b[31m\u007f\u0085',
  'line separators': '\u2028\u2029',
  'no characters': 'a\ufffeb\uffffc',
  'a byte order mark': '\ufeff{}',
  quotes: '"\\"\'`${x}%s</script>',
};
