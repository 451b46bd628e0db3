// A short sound when something immediate is announced; only if the officer switched it on (data-sound="on" on html).
"use strict";
(() => {
  const loud = document.getElementById("loud");
  if (!loud || document.documentElement.dataset.sound !== "on" || !window.AudioContext) return;
  const TONES = [[0, 660], [0.22, 880]];
  let context = null, said = "";
  const ring = () => {
    context = context || new AudioContext();
    for (const [at, pitch] of TONES) {
      const tone = context.createOscillator(), volume = context.createGain(), start = context.currentTime + at;
      tone.frequency.value = pitch;
      volume.gain.setValueAtTime(0.0001, start);
      volume.gain.exponentialRampToValueAtTime(0.25, start + 0.02);
      volume.gain.exponentialRampToValueAtTime(0.0001, start + 0.18);
      tone.connect(volume).connect(context.destination);
      tone.start(start);
      tone.stop(start + 0.2);
    }
  };
  new MutationObserver(() => { const words = loud.textContent; if (words && words !== said) ring(); said = words; }).observe(loud, { childList: true, characterData: true, subtree: true });
})();
