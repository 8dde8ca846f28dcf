package io.fairlead.samples.aiplatform.story;

import com.google.protobuf.ByteString;
import io.fairlead.CallSettings;
import io.fairlead.EndpointSelector;
import io.fairlead.samples.aiplatform.api.gateway.Answer;
import io.fairlead.samples.aiplatform.api.gateway.ClassifyRequest;
import io.fairlead.samples.aiplatform.api.gateway.Vision;
import io.fairlead.samples.aiplatform.api.gateway.VisionRpc;
import io.fairlead.samples.aiplatform.api.image.Image;
import io.fairlead.samples.aiplatform.common.LinkSecurity;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.Base64;

/** Calls the gateway as its users do. */
final class GatewayClient {
  private final Platform platform;
  private final URI base;
  private final HttpClient http;

  GatewayClient(Platform platform, URI base) {
    this.platform = platform;
    this.base = base;
    HttpClient.Builder builder = HttpClient.newBuilder();
    platform
        .certificates()
        .map(each -> LinkSecurity.trusting(each.trust()))
        .ifPresent(builder::sslContext);
    this.http = builder.build();
  }

  /** Returns a client of gRPC with this token. */
  Vision grpc(String token) {
    return grpc(token, "gateway-1");
  }

  /** Returns a client of gRPC with this token that calls one gateway. */
  Vision grpc(String token, String gateway) {
    CallSettings settings =
        CallSettings.builder()
            .header("authorization", "Bearer " + token)
            .endpointSelector(new EndpointSelector("instance", gateway, true))
            .build();
    return VisionRpc.client(platform.gateway.with(settings));
  }

  /** Has an image computed, whatever is kept. */
  Answer classify(Vision vision, Image image) {
    return vision.classify(request(image).setFresh(true).build());
  }

  /** Asks for an image as users do: what is kept is good enough. */
  Answer ask(Vision vision, Image image) {
    return vision.classify(request(image).build());
  }

  private static ClassifyRequest.Builder request(Image image) {
    return ClassifyRequest.newBuilder().setImage(image.getContent());
  }

  /** Posts an image as JSON: to the path of REST, or to that of Connect. */
  HttpResponse<String> post(String path, String token, ByteString image)
      throws IOException, InterruptedException {
    String json = "{\"image\":\"" + Base64.getEncoder().encodeToString(image.toByteArray()) + "\"}";
    HttpRequest.Builder request =
        HttpRequest.newBuilder(base.resolve(path))
            .header("content-type", "application/json")
            .POST(BodyPublishers.ofString(json));
    if (!token.isEmpty()) {
      request.header("authorization", "Bearer " + token);
    }
    return http.send(request.build(), BodyHandlers.ofString());
  }

  HttpResponse<String> get(String path) throws IOException, InterruptedException {
    return http.send(HttpRequest.newBuilder(base.resolve(path)).build(), BodyHandlers.ofString());
  }

  URI base() {
    return base;
  }
}
