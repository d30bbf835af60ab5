package tidemill;

import java.util.UUID;

/** One story behind an alert. */
public record Evidence(
    UUID articleId, String headline, String source, String publishedAt, double negative, int reprintCount) {}
