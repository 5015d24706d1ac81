// Photos are shrunk on the phone: what a form needs to prove is seen at this size, and 3 MB would not leave the village.

import { limits } from "./words.js";

// What was chosen cannot be read as a picture.
export class NoPicture extends Error {}

async function decoded(file) {
  try {
    // turned the way the camera was held
    return await createImageBitmap(file, { imageOrientation: "from-image" });
  } catch {
    throw new NoPicture();
  }
}

function encoded(canvas, quality) {
  return new Promise((resolve, reject) => {
    canvas.toBlob((blob) => (blob ? resolve(blob) : reject(new NoPicture())), "image/jpeg", quality);
  });
}

// A JPEG of at most photo_side pixels and, as far as quality can go down, photo_bytes. What a camera writes beside the
// picture (place, make of the phone) does not survive the canvas.
export async function shrunk(file) {
  const picture = await decoded(file);
  const scale = Math.min(1, limits.photo_side / Math.max(picture.width, picture.height));
  const canvas = document.createElement("canvas");
  canvas.width = Math.max(1, Math.round(picture.width * scale));
  canvas.height = Math.max(1, Math.round(picture.height * scale));
  const context = canvas.getContext("2d", { alpha: false });
  context.fillStyle = "#fff";
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.drawImage(picture, 0, 0, canvas.width, canvas.height);
  picture.close();
  let blob = await encoded(canvas, 0.82);
  for (let quality = 0.7; blob.size > limits.photo_bytes && quality > 0.3; quality -= 0.15) blob = await encoded(canvas, quality);
  return {
    bytes: new Uint8Array(await blob.arrayBuffer()),
    name: file.name.replace(/\.[^.]*$/, "") + ".jpg",
    taken_at: new Date(file.lastModified || Date.now()).toISOString(),
  };
}
