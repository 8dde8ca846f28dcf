package io.fairlead.samples.streaming;

import com.google.protobuf.ByteString;
import io.fairlead.Source;
import io.fairlead.samples.streaming.frames.Camera;
import io.fairlead.samples.streaming.frames.DescribeRequest;
import io.fairlead.samples.streaming.frames.Description;
import io.fairlead.samples.streaming.frames.Frame;
import io.fairlead.samples.streaming.frames.Probe;
import io.fairlead.samples.streaming.frames.RecordRequest;
import io.fairlead.samples.streaming.frames.Sharpness;
import io.fairlead.samples.streaming.frames.UploadSummary;
import java.util.concurrent.atomic.AtomicLong;

/** Serves the four shapes; plain Java over values and sources. */
final class WorkshopCamera implements Camera {
  /** The distance at which the picture is sharpest. */
  static final int FOCUS = 37;

  private static final ByteString PIXELS = ByteString.copyFrom(new byte[64 * 1024]);

  private final AtomicLong produced = new AtomicLong();

  /** How many frames the producer has handed over so far. */
  long produced() {
    return produced.get();
  }

  @Override
  public Description describe(DescribeRequest request) {
    return Description.newBuilder().setText(request.getCamera() + ": 64 KiB a frame").build();
  }

  @Override
  public Source<Frame> record(RecordRequest request) {
    return Source.from(
        out -> {
          for (int number = 0; number < request.getFrames(); number++) {
            // Waits here while the reader is behind.
            out.send(Frame.newBuilder().setNumber(number).setPixels(PIXELS).build());
            produced.incrementAndGet();
          }
        });
  }

  @Override
  public UploadSummary upload(Source<Frame> frames) {
    long count = 0;
    long bytes = 0;
    for (Frame frame : frames) {
      count++;
      bytes += frame.getPixels().size();
    }
    return UploadSummary.newBuilder().setFrames(count).setBytes(bytes).build();
  }

  @Override
  public Source<Sharpness> focus(Source<Probe> probes) {
    return probes.map(
        probe ->
            Sharpness.newBuilder()
                .setDistance(probe.getDistance())
                .setValue(100 - Math.abs(probe.getDistance() - FOCUS))
                .build());
  }
}
