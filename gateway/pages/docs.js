// One page for the six services. Every option below closes a door to the outside: the page works
// without the internet and tells nobody that it was opened.
const services = ["identity", "company", "marketplace", "contracting", "timesheet", "billing"];

Scalar.createApiReference("#reference", {
  sources: services.map((slug) => ({
    slug,
    title: slug[0].toUpperCase() + slug.slice(1),
    url: `/api/${slug}/openapi.json`,
    default: slug === "identity",
  })),
  withDefaultFonts: false,
  telemetry: false,
  proxyUrl: "",
  agent: { disabled: true },
  mcp: { disabled: true },
  hideClientButton: true,
  showDeveloperTools: "never",
  favicon: "/pages/icon.svg",
});
