package tidemill;

/** The answer of one classifier. */
public record Prediction(String label, double confidence, String runnerUp, double margin) {}
