package io.fairlead.conformance;

import java.io.IOException;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The suite against servers. */
class ServerIT {
  private static final String PROGRAM = "ConformanceServer";

  @Test
  void handlersThatBlock() throws IOException, InterruptedException {
    SuiteRun.server("server-bind").knownFailing("server.txt").run(PROGRAM, "bind");
  }

  @Test
  void handlersThatDoNotBlock() throws IOException, InterruptedException {
    SuiteRun.server("server-bind-async").knownFailing("server.txt").run(PROGRAM, "bind-async");
  }

  @Test
  void allProtocolsOnOnePortWithHandlersThatBlock() throws IOException, InterruptedException {
    SuiteRun.gateway("gateway-bind")
        .knownFailing("server-gateway.txt")
        .run(PROGRAM, "gateway-bind");
  }

  @Test
  void allProtocolsBeforeAnotherServer() throws IOException, InterruptedException {
    SuiteRun.gateway("proxy-bind").run(PROGRAM, "proxy-bind");
  }

  /** The calls reach the same layers: the run above covers the protocols. */
  @Test
  @Tag("control")
  void allProtocolsOnOnePortWithHandlersThatDoNotBlock() throws IOException, InterruptedException {
    SuiteRun.gateway("gateway-bind-async")
        .knownFailing("server-gateway.txt")
        .run(PROGRAM, "gateway-bind-async");
  }

  /** One call at a time: an oversized request may break the connection, and all calls on it. */
  @Test
  @Tag("control")
  void stock() throws IOException, InterruptedException {
    SuiteRun.server("server-stock")
        .with("--parallel", "1")
        .knownFailing("server-stock.txt")
        .run(PROGRAM, "stock");
  }
}
