package io.fairlead.bench.armeria;

import com.google.api.HttpRule;
import com.linecorp.armeria.server.grpc.GrpcServiceBuilder;
import com.linecorp.armeria.server.grpc.HttpJsonTranscodingOptions;

/** Armeria with HTTP/JSON transcoding, for {@code bench/one-core/run --rest} alone. */
public final class ArmeriaRestVariant extends ArmeriaVariant {
  /** Made by ServiceLoader. */
  public ArmeriaRestVariant() {}

  @Override
  public String name() {
    return "armeria-rest";
  }

  @Override
  void add(GrpcServiceBuilder builder) {
    builder.enableHttpJsonTranscoding(
        HttpJsonTranscodingOptions.builder()
            .additionalHttpRules(
                HttpRule.newBuilder()
                    .setSelector("fairlead.bench.v1.Echo.Unary")
                    .setPost("/v1/echo")
                    .setBody("*")
                    .build())
            .build());
  }
}
