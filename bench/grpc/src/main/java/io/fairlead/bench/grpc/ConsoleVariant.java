package io.fairlead.bench.grpc;

import io.fairlead.admin.AdminService;
import io.fairlead.bench.grpc.TelemetryVariants.MetricsVariant;
import io.fairlead.client.RpcChannel;
import io.fairlead.console.Console;
import io.fairlead.management.ManagementServer;
import io.fairlead.security.Authorizer;
import io.fairlead.security.Caller;
import io.fairlead.server.RpcServer;
import io.fairlead.telemetry.CurveRecorder;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;

/**
 * Metrics, and what a console needs: an admin service and curves on both sides, the console on the
 * server, and one page of it open, which is renewed each second.
 */
public final class ConsoleVariant extends MetricsVariant {
  private final List<AutoCloseable> opened = new ArrayList<>();
  private final AtomicLong lines = new AtomicLong();

  @Override
  public String name() {
    return "fairlead-console";
  }

  private AdminService admin() {
    CurveRecorder curves = CurveRecorder.start(telemetry);
    opened.add(curves);
    return AdminService.builder().curves(curves).build();
  }

  @Override
  RpcServer start(RpcServer.Builder builder) {
    AdminService admin = admin();
    RpcServer server =
        super.start(
            builder
                .service(admin)
                .observer(admin)
                .authorizer(
                    Authorizer.byScopes(
                        request -> new Caller("bench", Set.of("fairlead.admin.read")))));
    admin.watch(server);
    Console console = Console.builder().process("127.0.0.1:" + server.port()).build();
    opened.add(console);
    ManagementServer pages =
        ManagementServer.builder().port(0).handler("/console", console).start();
    opened.add(pages);
    look(pages);
    return server;
  }

  @Override
  RpcChannel build(RpcChannel.Builder builder) {
    AdminService admin = admin();
    RpcChannel channel = super.build(builder.observer(admin));
    admin.watch(channel);
    return channel;
  }

  /** Reads the view of all services as a browser does: as events, until it is closed. */
  private void look(ManagementServer pages) {
    HttpRequest request =
        HttpRequest.newBuilder(pages.uri("/console/system"))
            .header("Accept", "text/event-stream")
            .header("Authorization", "Bearer bench")
            .build();
    try {
      HttpResponse<Stream<String>> page =
          HttpClient.newHttpClient().send(request, BodyHandlers.ofLines());
      if (page.statusCode() != 200) {
        throw new IllegalStateException("The console answers with " + page);
      }
      Thread reader =
          new Thread(
              () -> {
                try (Stream<String> events = page.body()) {
                  events.forEach(line -> lines.incrementAndGet());
                } catch (UncheckedIOException e) {
                  // The page ends with its server.
                }
              },
              "page");
      reader.setDaemon(true);
      reader.start();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Returns how many lines of events the open page has got. */
  long lines() {
    return lines.get();
  }

  @Override
  void closed() {
    Collections.reverse(opened);
    for (AutoCloseable each : opened) {
      try {
        each.close();
      } catch (Exception e) {
        throw new IllegalStateException(each + " does not close", e);
      }
    }
    opened.clear();
  }
}
