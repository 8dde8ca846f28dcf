package io.fairlead.samples.streaming;

import com.google.protobuf.ByteString;
import io.fairlead.Pipe;
import io.fairlead.Source;
import io.fairlead.client.RpcChannel;
import io.fairlead.samples.streaming.frames.Camera;
import io.fairlead.samples.streaming.frames.CameraRpc;
import io.fairlead.samples.streaming.frames.DescribeRequest;
import io.fairlead.samples.streaming.frames.Frame;
import io.fairlead.samples.streaming.frames.Probe;
import io.fairlead.samples.streaming.frames.RecordRequest;
import io.fairlead.samples.streaming.frames.Sharpness;
import io.fairlead.samples.streaming.frames.UploadSummary;
import io.fairlead.server.RpcServer;
import java.io.PrintStream;
import java.util.Locale;
import java.util.stream.LongStream;

/** Calls one method of each shape over loopback and prints what one would want to know of it. */
final class Streaming {
  private static final int FRAMES = 2_000;

  private final PrintStream out;

  Streaming(PrintStream out) {
    this.out = out;
  }

  public static void main(String[] args) throws Exception {
    new Streaming(System.out).play();
  }

  void play() throws Exception {
    WorkshopCamera camera = new WorkshopCamera();
    try (RpcServer server =
            RpcServer.builder("camera").port(0).service(CameraRpc.bind(camera)).start();
        RpcChannel channel = RpcChannel.to("127.0.0.1:" + server.port()).build()) {
      Camera client = CameraRpc.client(channel);
      unary(client);
      serverStreaming(client, camera);
      clientStreaming(client);
      bidiStreaming(client);
    }
  }

  private void unary(Camera client) {
    DescribeRequest request = DescribeRequest.newBuilder().setCamera("bench").build();
    out.println("unary: " + client.describe(request).getText());
  }

  /** A reader that stops to think: the producer, in its own thread of the server, stops as well. */
  private void serverStreaming(Camera client, WorkshopCamera camera) throws Exception {
    RecordRequest request = RecordRequest.newBuilder().setFrames(FRAMES).build();
    try (Source<Frame> frames = client.record(request)) {
      long read = 0;
      for (Frame frame : frames) {
        read++;
        if (read % 500 == 0) {
          long ahead = settled(camera) - read;
          out.printf(
              Locale.ROOT,
              "server streaming: read %,d of %,d frames, then paused; the producer stands %s%n",
              read,
              FRAMES,
              ahead == 0 ? "level" : ahead + " frames ahead, and waits");
        }
        if (frame.getNumber() == FRAMES - 1) {
          out.println("server streaming: read to the end");
        }
      }
    }
  }

  /** The producer's position once it has stood still. */
  private static long settled(WorkshopCamera camera) throws InterruptedException {
    long before;
    long now = camera.produced();
    do {
      before = now;
      Thread.sleep(100);
      now = camera.produced();
    } while (now != before);
    return now;
  }

  private void clientStreaming(Camera client) {
    ByteString pixels = ByteString.copyFrom(new byte[1024]);
    Source<Frame> frames =
        Source.from(
            LongStream.range(0, 1_000)
                .mapToObj(n -> Frame.newBuilder().setNumber(n).setPixels(pixels).build()));
    UploadSummary summary = client.upload(frames);
    out.printf(
        Locale.ROOT,
        "client streaming: the server took %,d frames, %,d bytes%n",
        summary.getFrames(),
        summary.getBytes());
  }

  /**
   * Looks for the sharpest distance: each probe depends on the last answer, so a pipe sends them.
   */
  private void bidiStreaming(Camera client) throws InterruptedException {
    int low = 0;
    int high = 100;
    int asked = 0;
    try (Pipe<Probe> probes = Source.pipe();
        Source<Sharpness> answers = client.focus(probes.source())) {
      while (high - low > 2) {
        int left = low + (high - low) / 3;
        int right = high - (high - low) / 3;
        int atLeft = ask(probes, answers, left);
        int atRight = ask(probes, answers, right);
        asked += 2;
        if (atLeft < atRight) {
          low = left;
        } else {
          high = right;
        }
      }
      probes.complete();
    }
    out.printf(
        Locale.ROOT,
        "bidi streaming: sharp between %d and %d after %d questions%n",
        low,
        high,
        asked);
  }

  private static int ask(Pipe<Probe> probes, Source<Sharpness> answers, int distance)
      throws InterruptedException {
    probes.send(Probe.newBuilder().setDistance(distance).build());
    Sharpness answer = answers.read();
    if (answer == null) {
      throw new IllegalStateException("the server ended the stream before the search was over");
    }
    return answer.getValue();
  }
}
