package io.fairlead.admin;

import io.fairlead.RpcException;
import io.fairlead.admin.v1.Call;
import io.fairlead.admin.v1.Curve;
import io.fairlead.admin.v1.CurveStep;
import io.fairlead.admin.v1.ListCurvesRequest;
import io.fairlead.admin.v1.ListCurvesResponse;
import io.fairlead.telemetry.CurveRecorder;
import io.fairlead.telemetry.CurveWindow;
import io.grpc.Status;
import java.util.List;

/** Puts curves into the messages of the contract. */
final class CurveMessages {
  private CurveMessages() {}

  static ListCurvesResponse of(CurveRecorder recorder, ListCurvesRequest request) {
    CurveWindow window = window(request.getWindow());
    int last = request.getLast();
    int steps = last <= 0 ? window.samples() : Math.min(last, window.samples());
    ListCurvesResponse.Builder response =
        ListCurvesResponse.newBuilder().setStep(StateMessages.duration(window.step()));
    for (io.fairlead.telemetry.Curve curve : recorder.curves()) {
      if (request.getMethod().isEmpty() || request.getMethod().equals(curve.method())) {
        response.addCurves(curve(curve, window, steps));
      }
    }
    return response.build();
  }

  private static CurveWindow window(ListCurvesRequest.Window window) {
    return switch (window) {
      case MINUTE -> CurveWindow.MINUTE;
      case HOUR -> CurveWindow.HOUR;
      case DAY -> CurveWindow.DAY;
      case UNRECOGNIZED ->
          throw RpcException.answer(
              Status.Code.INVALID_ARGUMENT, "the window is not known; use MINUTE, HOUR or DAY");
    };
  }

  private static Curve curve(io.fairlead.telemetry.Curve curve, CurveWindow window, int lastSteps) {
    List<io.fairlead.telemetry.Curve.Sample> all = curve.samples(window);
    List<io.fairlead.telemetry.Curve.Sample> shown =
        all.subList(all.size() - lastSteps, all.size());
    Curve.Builder message =
        Curve.newBuilder()
            .setSide(
                curve.side() == io.fairlead.telemetry.Curve.Side.SERVER
                    ? Call.Side.SERVER
                    : Call.Side.CLIENT)
            .setTarget(curve.target())
            .setMethod(curve.method())
            .setStart(StateMessages.timestamp(shown.get(0).start()));
    for (io.fairlead.telemetry.Curve.Sample sample : shown) {
      CurveStep.Builder step = CurveStep.newBuilder();
      sample.rejections().forEach((reason, count) -> step.putRejected(reason.name(), count));
      message.addSteps(
          step.setCalls(sample.calls())
              .setFailures(sample.failures())
              .setInFlight(sample.inFlight())
              .setP50(sample.median())
              .setP90(sample.p90())
              .setP99(sample.p99())
              .setP999(sample.p999()));
    }
    return message.build();
  }
}
