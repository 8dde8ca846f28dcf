package io.fairlead.samples.ownbalancer;

import io.fairlead.CallSettings;
import io.fairlead.client.RpcChannel;
import io.fairlead.discovery.Endpoint;
import io.fairlead.discovery.StaticRegistry;
import io.fairlead.policy.MethodPolicy;
import io.fairlead.samples.ownbalancer.render.Picture;
import io.fairlead.samples.ownbalancer.render.RendererAsync;
import io.fairlead.samples.ownbalancer.render.RendererRpc;
import io.fairlead.samples.ownbalancer.render.Scene;
import io.fairlead.server.RpcServer;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.function.IntFunction;

/** Renders the same scenes with the default balancer and with the contract's own. */
final class OwnBalancer {
  private static final int RENDERERS = 6;
  private static final int TOGETHER = 8;
  private static final int ROUNDS = 50;

  private OwnBalancer() {}

  public static void main(String[] args) throws Exception {
    play(System.out);
  }

  static void play(PrintStream out) throws Exception {
    List<RpcServer> servers = new ArrayList<>();
    try {
      Studio studio = new Studio(TOGETHER);
      List<Endpoint> endpoints = new ArrayList<>();
      for (int i = 1; i <= RENDERERS; i++) {
        String name = name(i);
        RpcServer server =
            RpcServer.builder("render")
                .port(0)
                .service(RendererRpc.bindAsync(studio.renderer(name)))
                .start();
        servers.add(server);
        endpoints.add(Endpoint.of(name, "127.0.0.1", server.port()));
      }
      StaticRegistry registry = StaticRegistry.of("render", endpoints.toArray(new Endpoint[0]));
      MethodPolicy ordinary = MethodPolicy.builder().balancer("least_request").build();
      RpcChannel.Builder spread =
          RpcChannel.to("static:///render")
              .registry(registry)
              .service(RendererRpc.service())
              .policy(RendererRpc.SERVICE_NAME, ordinary);
      RpcChannel.Builder packed = RpcChannel.to("static:///render").registry(registry);
      out.printf(
          "least_request  %d calls at a time keep %d of %d endpoints busy%n",
          TOGETHER, rendered(spread).size(), RENDERERS);
      out.printf(
          "pack           %d calls at a time keep %d of %d endpoints busy%n",
          TOGETHER, rendered(packed).size(), RENDERERS);
    } finally {
      servers.forEach(RpcServer::close);
    }
  }

  /** Who rendered, when so many calls are always under way. */
  private static Set<String> rendered(RpcChannel.Builder to) throws Exception {
    Set<String> names = new TreeSet<>();
    try (RpcChannel channel = to.build()) {
      // One call to each first, so that all connections stand.
      render(i -> RendererRpc.asyncClient(channel.with(endpoint(1 + i % RENDERERS))));
      RendererAsync renderer = RendererRpc.asyncClient(channel);
      for (int round = 0; round < ROUNDS; round++) {
        names.addAll(render(i -> renderer));
      }
    }
    return names;
  }

  private static CallSettings endpoint(int number) {
    return CallSettings.builder().endpoint(name(number)).build();
  }

  private static String name(int number) {
    return "renderer-" + number;
  }

  /** Renders so many scenes at once, and says who did. */
  private static List<String> render(IntFunction<RendererAsync> by) throws Exception {
    List<CompletableFuture<Picture>> pictures = new ArrayList<>();
    for (int i = 0; i < TOGETHER; i++) {
      Scene scene = Scene.newBuilder().setName("scene " + i).build();
      pictures.add(by.apply(i).render(scene).toCompletableFuture());
    }
    List<String> names = new ArrayList<>();
    for (CompletableFuture<Picture> picture : pictures) {
      names.add(picture.get().getRenderedBy());
    }
    return names;
  }
}
