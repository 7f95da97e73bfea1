// The terms in force and their dates, for anybody, as the identity service says them.
const list = document.querySelector("#terms");
const titles = { terms: "Terms of use and service", privacy: "Privacy policy" };

async function show() {
  const answer = await fetch("/api/identity/terms");
  if (!answer.ok) throw new Error(String(answer.status));
  list.replaceChildren(...(await answer.json()).map(line));
}

function line(current) {
  const item = document.createElement("li");
  const link = document.createElement("a");
  link.href = `/terms?document=${encodeURIComponent(current.document)}`;
  link.textContent = titles[current.document] ?? current.document;
  const day = document.createElement("time");
  day.dateTime = day.textContent = current.effective_on;
  item.append(link, `, version ${current.version}, updated `, day);
  return item;
}

show().catch(() => { list.textContent = "The terms cannot be read at the moment. Please try again shortly."; });
