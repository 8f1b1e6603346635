// Sends spans by the official SDK and prints their ids: node send.mjs http://host/v1/traces json|protobuf NUMBER
import { BatchSpanProcessor, NodeTracerProvider } from "@opentelemetry/sdk-trace-node";
import { OTLPTraceExporter as JsonExporter } from "@opentelemetry/exporter-trace-otlp-http";
import { OTLPTraceExporter as ProtobufExporter } from "@opentelemetry/exporter-trace-otlp-proto";

const [url, format, number] = process.argv.slice(2);
const Exporter = format === "json" ? JsonExporter : ProtobufExporter;
const exporter = new Exporter({ url, timeoutMillis: 30000 });
const provider = new NodeTracerProvider({ spanProcessors: [new BatchSpanProcessor(exporter, { maxExportBatchSize: 20 })] });
const tracer = provider.getTracer("test");
const ids = [];
for (let n = 0; n < Number(number); n += 1) {
  const span = tracer.startSpan(`step ${n}`);
  span.setAttribute("ai.prompt", JSON.stringify({ prompt: "Is theft covered?" }));
  ids.push(span.spanContext().spanId);
  span.end();
}
process.stdout.write("sending\n");
await provider.forceFlush();
await provider.shutdown();
process.stdout.write(`${JSON.stringify(ids)}\n`);
