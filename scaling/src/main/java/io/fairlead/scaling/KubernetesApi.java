package io.fairlead.scaling;

import com.google.gson.JsonObject;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodySubscriber;
import java.net.http.HttpResponse.BodySubscribers;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Flow;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import org.jspecify.annotations.Nullable;

/**
 * Requests to the API server of Kubernetes: with a token from a file that the cluster replaces, the
 * certificates of the cluster, and words for each refusal. Safe for use by many threads.
 */
final class KubernetesApi {
  private static final int MAX_TRIES = 4;
  private static final Duration MAX_PAUSE = Duration.ofSeconds(2);

  /** A page of pods has some megabytes at most. */
  private static final long MAX_BYTES = 32 << 20;

  private final URI server;
  private final Path tokenFile;
  private final @Nullable Path caFile;
  private final Duration timeout;

  /** Of the certificates in use; guarded by this object's lock, as below. */
  private @Nullable FileTime caTime;

  private @Nullable HttpClient client;

  KubernetesApi(URI server, Path tokenFile, @Nullable Path caFile, Duration timeout) {
    this.server = server;
    this.tokenFile = tokenFile;
    this.caFile = caFile;
    this.timeout = timeout;
  }

  JsonObject get(String path, String right) throws IOException {
    HttpResponse<String> response = send(request(path).GET(), path, right);
    return KubernetesDeployment.object(accepted(response, path, right).body(), path);
  }

  /** May answer 409, which the caller handles. */
  HttpResponse<String> put(String path, String body, String right) throws IOException {
    HttpResponse<String> response =
        send(
            request(path)
                .header("Content-Type", "application/json")
                .PUT(BodyPublishers.ofString(body)),
            path,
            right);
    return response.statusCode() == 409 ? response : accepted(response, path, right);
  }

  /** May answer 409, which the caller handles. */
  HttpResponse<String> patch(String path, String body, String right) throws IOException {
    HttpResponse<String> response = send(patchRequest(path, body), path, right);
    return response.statusCode() == 409 ? response : accepted(response, path, right);
  }

  /** What is gone needs no change. */
  void patchIfThere(String path, String body, String right) throws IOException {
    HttpResponse<String> response = send(patchRequest(path, body), path, right);
    if (response.statusCode() != 404) {
      HttpResponse<String> unused = accepted(response, path, right);
    }
  }

  /** What is gone is deleted. */
  void delete(String path, String right) throws IOException {
    HttpResponse<String> response = send(request(path).DELETE(), path, right);
    if (response.statusCode() != 404) {
      HttpResponse<String> unused = accepted(response, path, right);
    }
  }

  private HttpRequest.Builder patchRequest(String path, String body) {
    return request(path)
        .header("Content-Type", "application/merge-patch+json")
        .method("PATCH", BodyPublishers.ofString(body));
  }

  private HttpRequest.Builder request(String path) {
    return HttpRequest.newBuilder(server.resolve(path))
        .timeout(timeout)
        .header("Accept", "application/json");
  }

  /** Once more with the token read anew after 401, and after a pause where the server asks so. */
  private HttpResponse<String> send(HttpRequest.Builder request, String path, String right)
      throws IOException {
    String refused = "";
    for (int tries = 1; ; tries++) {
      String token = token();
      HttpResponse<String> response = exchange(request, token);
      int status = response.statusCode();
      if (status == 401 && !token.equals(refused)) {
        refused = token; // the file may have been replaced just now
      } else if ((status == 429 || status == 503) && tries < MAX_TRIES) {
        pause(response, path, right);
      } else {
        return response;
      }
    }
  }

  private HttpResponse<String> exchange(HttpRequest.Builder request, String token)
      throws IOException {
    CompletableFuture<HttpResponse<String>> answer =
        client()
            .sendAsync(
                request.setHeader("Authorization", "Bearer " + token).build(),
                response -> new BoundedBody(MAX_BYTES));
    try {
      // The timeout of the request itself ends with the headers of the answer.
      return answer.get(timeout.toNanos(), TimeUnit.NANOSECONDS);
    } catch (ExecutionException e) {
      Throwable cause = e.getCause() == null ? e : e.getCause();
      throw new IOException("the API server at " + server + " does not answer: " + cause, cause);
    } catch (TimeoutException e) {
      throw new IOException(
          "the API server at " + server + " does not answer: not all of it came within " + timeout,
          e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted", e);
    } finally {
      boolean unused = answer.cancel(true); // does nothing to one that has come
    }
  }

  /** A text of at most so many bytes. */
  static final class BoundedBody implements BodySubscriber<String> {
    private final BodySubscriber<String> text = BodySubscribers.ofString(StandardCharsets.UTF_8);
    private final long most;
    private long bytes;
    private Flow.@Nullable Subscription source;

    BoundedBody(long most) {
      this.most = most;
    }

    @Override
    public CompletionStage<String> getBody() {
      return text.getBody();
    }

    @Override
    public void onSubscribe(Flow.Subscription subscription) {
      source = subscription;
      text.onSubscribe(subscription);
    }

    @Override
    public void onNext(List<ByteBuffer> part) {
      for (ByteBuffer each : part) {
        bytes += each.remaining();
      }
      if (bytes <= most) {
        text.onNext(part);
      } else if (source != null) {
        source.cancel();
        text.onError(new IOException("the answer is longer than " + most + " bytes"));
      }
    }

    @Override
    public void onError(Throwable failure) {
      text.onError(failure);
    }

    @Override
    public void onComplete() {
      text.onComplete();
    }
  }

  private String token() throws IOException {
    try {
      return Files.readString(tokenFile).strip();
    } catch (IOException e) {
      throw new IOException("the token of the service account cannot be read: " + e, e);
    }
  }

  private static void pause(HttpResponse<String> response, String path, String right)
      throws IOException {
    long seconds;
    try {
      seconds = Long.parseLong(response.headers().firstValue("Retry-After").orElse("1"));
    } catch (NumberFormatException e) {
      seconds = 1; // a date, which this server does not send
    }
    if (seconds > MAX_PAUSE.toSeconds()) {
      throw refusal(response, path, right);
    }
    try {
      Thread.sleep(Math.max(0, seconds) * 1_000);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted", e);
    }
  }

  private HttpResponse<String> accepted(HttpResponse<String> response, String path, String right)
      throws IOException {
    if (response.statusCode() / 100 != 2) {
      throw response.statusCode() == 401
          ? new IOException(
              "the API server does not accept the token in %s (401): %s"
                  .formatted(tokenFile, message(response)))
          : refusal(response, path, right);
    }
    return response;
  }

  private static IOException refusal(HttpResponse<String> response, String path, String right) {
    String why = message(response);
    return new IOException(
        switch (response.statusCode()) {
          case 403 ->
              "the service account may not %s (403); add that to its role: %s"
                  .formatted(right, why);
          case 404 -> "there is no %s (404): %s".formatted(path, why);
          case 429 ->
              "the API server has too many requests (429, Retry-After %s): %s"
                  .formatted(response.headers().firstValue("Retry-After").orElse("not given"), why);
          default ->
              "the API server answered %d to %s: %s".formatted(response.statusCode(), path, why);
        });
  }

  /** The message of a Status object, or the beginning of whatever came. */
  private static String message(HttpResponse<String> response) {
    String body = response.body();
    try {
      JsonObject status = KubernetesDeployment.object(body, "");
      if (status.has("message")) {
        return status.get("message").getAsString();
      }
    } catch (IOException | RuntimeException e) {
      // Not from the API server itself, but from something before it.
    }
    return body.length() > 200 ? body.substring(0, 200) + "..." : body;
  }

  private synchronized HttpClient client() throws IOException {
    if (caFile == null || !server.getScheme().equals("https")) {
      if (client == null) {
        client = HttpClient.newBuilder().connectTimeout(timeout).build();
      }
      return client;
    }
    FileTime time = Files.getLastModifiedTime(caFile);
    if (client == null || !time.equals(caTime)) {
      client = HttpClient.newBuilder().connectTimeout(timeout).sslContext(trusting(caFile)).build();
      caTime = time;
    }
    return client;
  }

  private static SSLContext trusting(Path file) throws IOException {
    try (InputStream in = Files.newInputStream(file)) {
      KeyStore trusted = KeyStore.getInstance(KeyStore.getDefaultType());
      trusted.load(null, null);
      int number = 0;
      for (Certificate each : CertificateFactory.getInstance("X.509").generateCertificates(in)) {
        trusted.setCertificateEntry("ca-" + number++, each);
      }
      if (number == 0) {
        throw new IOException("there is no certificate in " + file);
      }
      TrustManagerFactory trust =
          TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
      trust.init(trusted);
      SSLContext context = SSLContext.getInstance("TLS");
      context.init(null, trust.getTrustManagers(), null);
      return context;
    } catch (GeneralSecurityException e) {
      throw new IOException("the certificates in " + file + " cannot be used: " + e, e);
    }
  }
}
