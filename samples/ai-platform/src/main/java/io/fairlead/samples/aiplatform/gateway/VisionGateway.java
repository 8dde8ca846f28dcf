package io.fairlead.samples.aiplatform.gateway;

import io.fairlead.client.RpcChannel;
import io.fairlead.gateway.Gateway;
import io.fairlead.policy.ResponseStore;
import io.fairlead.samples.aiplatform.api.assistant.AssistantRpc;
import io.fairlead.samples.aiplatform.api.features.FeaturesRpc;
import io.fairlead.samples.aiplatform.api.gateway.VisionRpc;
import io.fairlead.samples.aiplatform.api.inference.GRPCInferenceServiceRpc;
import io.fairlead.samples.aiplatform.api.models.ModelRegistryRpc;
import io.fairlead.samples.aiplatform.api.preprocess.PreprocessRpc;
import io.fairlead.samples.aiplatform.common.Inference;
import io.fairlead.samples.aiplatform.common.LinkSecurity;
import io.fairlead.samples.aiplatform.common.ServiceProcess;
import io.fairlead.samples.aiplatform.common.Settings;
import io.fairlead.samples.sharedcache.RedisStore;
import io.fairlead.security.jwt.JwtAuthorizer;
import io.fairlead.security.jwt.TokenIssuer;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import javax.net.SocketFactory;
import javax.net.ssl.SSLContext;
import org.jspecify.annotations.Nullable;

/** What users of the platform reach: gRPC, Connect, REST and a page, on one port. */
public final class VisionGateway {
  private VisionGateway() {}

  public static void main(String[] args) throws Exception {
    Settings settings = Settings.parse(args);
    byte[] page = page();
    try (RequestRecords records = RequestRecords.open(settings.data());
        ServiceProcess process = ServiceProcess.open(settings)) {
      JwtAuthorizer.Builder authorizer =
          JwtAuthorizer.builder()
              .issuer(
                  TokenIssuer.builder(settings.text("issuer"))
                      .keys(URI.create(settings.text("keys")))
                      .audiences("vision")
                      .build());
      process
          .tls()
          .map(LinkSecurity::context)
          .map(context -> HttpClient.newBuilder().sslContext(context).build())
          .ifPresent(authorizer::httpClient);
      JwtAuthorizer tokens = process.keep(authorizer.start());
      RpcChannel models = process.channel(GRPCInferenceServiceRpc.service(), Inference::policy);
      String model = settings.text("model");
      DeployedModels deployed =
          process.keep(
              new DeployedModels(
                  ModelRegistryRpc.client(process.channel(ModelRegistryRpc.service())),
                  model,
                  settings.text("small")));
      VisionService service =
          new VisionService(
              PreprocessRpc.client(process.channel(PreprocessRpc.service())),
              FeaturesRpc.client(process.channel(FeaturesRpc.service())),
              models,
              model,
              deployed,
              records,
              AssistantRpc.client(process.channel(AssistantRpc.service())),
              process.keep(
                  new AnswerCache(
                      settings.id(),
                      store(process, settings.text("redis", "")),
                      process.telemetry(),
                      System::nanoTime)));
      process.serve(
          VisionRpc.SERVICE_NAME,
          VisionRpc.bind(service),
          server -> {
            // Users have tokens, and no certificates.
            process.tls().map(LinkSecurity::edge).ifPresent(server::tls);
            return server
                .authorizer(tokens)
                .readiness("token keys", tokens::ready)
                .gateway(
                    Gateway.builder()
                        .handler(
                            "/",
                            exchange -> exchange.respond(200, "text/html; charset=utf-8", page))
                        .build());
          });
    }
  }

  /** Returns where gateways share answers; null if each has its own. */
  private static @Nullable ResponseStore store(ServiceProcess process, String redis) {
    if (redis.isEmpty()) {
      return null;
    }
    URI address = URI.create("redis://" + redis);
    return process.keep(
        new RedisStore(
            new InetSocketAddress(address.getHost(), address.getPort()),
            "ai-platform:",
            process
                .tls()
                .map(LinkSecurity::context)
                .<SocketFactory>map(SSLContext::getSocketFactory)
                .orElseGet(SocketFactory::getDefault)));
  }

  private static byte[] page() throws IOException {
    try (InputStream in = VisionGateway.class.getResourceAsStream("/page.html")) {
      if (in == null) {
        throw new IOException("page.html is not on the class path");
      }
      return in.readAllBytes();
    }
  }
}
