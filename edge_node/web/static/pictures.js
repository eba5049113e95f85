// What /api/live answers: length, caption, length, JPEG; again and again.

export function* unpack(buffer) {
  const view = new DataView(buffer);
  const text = new TextDecoder();
  let at = 0;
  const part = () => {
    const length = view.getUint32(at);
    at += 4 + length;
    return new Uint8Array(buffer, at - length, length);
  };
  while (at < buffer.byteLength) {
    const caption = JSON.parse(text.decode(part()));
    yield { caption, jpeg: part() };
  }
}
