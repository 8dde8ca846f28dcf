package io.fairlead.bench.grpc;

import com.sun.net.httpserver.HttpServer;
import io.fairlead.CallSettings;
import io.fairlead.bench.BenchClient;
import io.fairlead.bench.BenchServer;
import io.fairlead.bench.Variant;
import io.fairlead.bench.Wire;
import io.fairlead.bench.v1.EchoRpc;
import io.fairlead.client.RpcChannel;
import io.fairlead.security.jwt.JwtAuthorizer;
import io.fairlead.security.jwt.TokenIssuer;
import io.fairlead.server.RpcServer;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.ClientInterceptor;
import io.grpc.ClientInterceptors;
import io.grpc.ForwardingClientCall.SimpleForwardingClientCall;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.math.BigInteger;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.SecureRandom;
import java.security.Signature;
import java.security.interfaces.RSAPublicKey;
import java.time.Duration;
import java.time.Instant;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;

/**
 * Fairlead with its defaults, and a token (RS256) with each call, which the server checks. All
 * calls of a client have the same token, so the server remembers it; but see {@link Uncached}.
 */
public class TokenVariant implements Variant {
  private static final String ISSUER = "https://login.bench";

  /** So many tokens in turn, and room for two: none is remembered when it comes again. */
  private static final int UNCACHED = 100;

  private final String name;
  private final boolean checked;
  private final boolean cached;

  public TokenVariant() {
    this("fairlead-token-async", true, true);
  }

  private TokenVariant(String name, boolean checked, boolean cached) {
    this.name = name;
    this.checked = checked;
    this.cached = cached;
  }

  /** Each call has another token than those before it, so the server checks each signature. */
  public static final class Uncached extends TokenVariant {
    public Uncached() {
      super("fairlead-uncached-token-async", true, false);
    }
  }

  /** The same header with each call, and a server without an authorizer. */
  public static final class Unchecked extends TokenVariant {
    public Unchecked() {
      super("fairlead-unchecked-token-async", false, true);
    }
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public BenchServer startServer(Wire wire) {
    if (wire.tls()) {
      throw new UnsupportedOperationException(name() + " is for plaintext");
    }
    HttpServer issuer = issuer();
    JwtAuthorizer tokens =
        JwtAuthorizer.builder()
            .issuer(
                TokenIssuer.builder(ISSUER)
                    .keys(URI.create("http://127.0.0.1:" + issuer.getAddress().getPort() + "/"))
                    .audiences("echo")
                    .build())
            .maxCachedTokens(cached ? 10_000 : 2)
            .start();
    RpcServer.Builder builder =
        RpcServer.builder("echo")
            .host("127.0.0.1")
            .service(EchoRpc.bindAsync(new FairleadEcho.Async()))
            .readiness("token keys", tokens::ready)
            .readinessInterval(Duration.ofMillis(100));
    RpcServer server = (checked ? builder.authorizer(tokens) : builder).start();
    return new BenchServer() {
      @Override
      public int port() {
        return server.port();
      }

      @Override
      public void close() {
        server.close();
        tokens.close();
        issuer.stop(0);
      }
    };
  }

  @Override
  public BenchClient connect(Wire wire, int port) {
    RpcChannel channel = RpcChannel.to("127.0.0.1:" + port).build();
    if (cached) {
      CallSettings withToken =
          CallSettings.builder().header("authorization", "Bearer " + token(0)).build();
      return new FairleadClient(withToken.over(channel), channel::close);
    }
    return new FairleadClient(
        ClientInterceptors.intercept(channel, new TokensInTurn()), channel::close);
  }

  private static final class TokensInTurn implements ClientInterceptor {
    private static final Metadata.Key<String> AUTHORIZATION =
        Metadata.Key.of("authorization", Metadata.ASCII_STRING_MARSHALLER);

    private final AtomicInteger next = new AtomicInteger();
    private final List<String> headers =
        IntStream.range(0, UNCACHED).mapToObj(number -> "Bearer " + token(number)).toList();

    @Override
    public <Q, R> ClientCall<Q, R> interceptCall(
        MethodDescriptor<Q, R> method, CallOptions options, Channel channel) {
      return new SimpleForwardingClientCall<>(channel.newCall(method, options)) {
        @Override
        public void start(Listener<R> listener, Metadata metadata) {
          metadata.put(AUTHORIZATION, headers.get(Math.floorMod(next.getAndIncrement(), UNCACHED)));
          super.start(listener, metadata);
        }
      };
    }
  }

  private static HttpServer issuer() {
    RSAPublicKey key = (RSAPublicKey) keys().getPublic();
    byte[] set =
        ("{\"keys\":[{\"kty\":\"RSA\",\"kid\":\"bench\",\"n\":\""
                + encode(unsigned(key.getModulus()))
                + "\",\"e\":\""
                + encode(unsigned(key.getPublicExponent()))
                + "\"}]}")
            .getBytes(StandardCharsets.UTF_8);
    try {
      HttpServer server =
          HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
      server.createContext(
          "/",
          exchange -> {
            exchange.sendResponseHeaders(200, set.length);
            exchange.getResponseBody().write(set);
            exchange.close();
          });
      server.start();
      return server;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Of the size that tokens of real issuers have: about 800 characters. */
  private static String token(int number) {
    String scopes = "orders.read orders.write inventory.read inventory.write catalog.read";
    String signed =
        encode("{\"alg\":\"RS256\",\"kid\":\"bench\",\"typ\":\"at+jwt\"}")
            + "."
            + encode(
                "{\"iss\":\""
                    + ISSUER
                    + "\",\"aud\":[\"echo\"],\"sub\":\"bench-client\",\"client_id\":\"bench-client\""
                    + ",\"jti\":\"0b7c9d1e-6f0a-4c57-9d2e-2f1f0f6f9"
                    + (100 + number)
                    + "\",\"scope\":\""
                    + scopes
                    + "\",\"exp\":"
                    + Instant.now().plus(Duration.ofDays(1)).getEpochSecond()
                    + "}");
    try {
      Signature signature = Signature.getInstance("SHA256withRSA");
      signature.initSign(keys().getPrivate());
      signature.update(signed.getBytes(StandardCharsets.US_ASCII));
      return signed + "." + encode(signature.sign());
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }

  /** The same pair in the processes of the server and of the client, as it is seeded. */
  private static KeyPair keys() {
    try {
      SecureRandom seeded = SecureRandom.getInstance("SHA1PRNG");
      seeded.setSeed(1);
      KeyPairGenerator generator = KeyPairGenerator.getInstance("RSA");
      generator.initialize(2048, seeded);
      return generator.generateKeyPair();
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException(e);
    }
  }

  private static byte[] unsigned(BigInteger number) {
    byte[] bytes = number.toByteArray();
    return bytes[0] == 0 ? Arrays.copyOfRange(bytes, 1, bytes.length) : bytes;
  }

  private static String encode(String text) {
    return encode(text.getBytes(StandardCharsets.UTF_8));
  }

  private static String encode(byte[] bytes) {
    return Base64.getUrlEncoder().withoutPadding().encodeToString(bytes);
  }
}
