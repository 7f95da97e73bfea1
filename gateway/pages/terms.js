// One text in force, in French, which prevails, or in English.
const article = document.querySelector("#text");
const button = document.querySelector("#language");
const wanted = new URLSearchParams(location.search).get("document") === "privacy" ? "privacy" : "terms";
let texts = { fr: "", en: "" };
let language = "fr";

function show() {
  article.lang = document.documentElement.lang = language;
  article.replaceChildren(...texts[language].split("\n").filter((line) => line.trim()).map(block));
  button.textContent = language === "fr" ? "English" : "Français";
}

function block(line) {
  const marks = line.match(/^#*/)[0].length;
  const made = document.createElement(marks === 1 ? "h1" : marks > 1 ? "h2" : "p");
  made.textContent = line.replace(/^#+ /, "");
  return made;
}

button.addEventListener("click", () => {
  language = language === "fr" ? "en" : "fr";
  show();
});

fetch(`/api/identity/terms/${wanted}`)
  .then((answer) => (answer.ok ? answer.json() : Promise.reject(new Error(String(answer.status)))))
  .then((found) => {
    texts = { fr: found.text_fr, en: found.text_en };
    show();
  })
  .catch(() => { article.textContent = "Le texte ne peut être lu pour le moment. Réessayez dans un instant."; });
