// The page of all events, from the file that is generated out of the event classes.
fetch("/asyncapi.json")
  .then((answer) => (answer.ok ? answer.text() : Promise.reject(new Error(`HTTP ${answer.status}`))))
  .then((schema) =>
    AsyncApiStandalone.render(
      { schema, config: { show: { sidebar: true, errors: true }, sidebar: { showOperations: "byDefault" } } },
      document.getElementById("events"),
    ),
  )
  .catch((error) => {
    document.getElementById("events").textContent = `The description of the events cannot be read: ${error.message}`;
  });
