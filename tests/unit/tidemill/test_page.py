"""Figures are read from the first table of a page as a viewer would read them."""

from tidemill.page import figures_of

PAGE = """
<h1>Now</h1>
<table>
  <thead><tr><th scope="col">Stream</th><th scope="col"><span class="unseen">Over time</span></th>
    <th scope="col" class="n">In</th><th class="n">Dead</th><th class="n">Median</th></tr></thead>
  <tbody>
    <tr><th scope="row">Messages</th><td><svg><title>inputs</title></svg></td>
      <td class="n">1,017</td><td><span class="badge">12</span></td><td>42 ms</td></tr>
    <tr><th scope="row">News</th><td><svg></svg></td><td class="n">3</td><td>0</td><td>unknown</td></tr>
  </tbody>
</table>
<table><tr><th>In</th></tr><tr><td>7</td></tr></table>
"""


def test_columns_of_whole_numbers_are_added_up_by_their_heading() -> None:
    assert figures_of(PAGE) == {"In": 1_020, "Dead": 12}


def test_a_page_without_a_table_has_no_figures() -> None:
    assert figures_of("<p>Kafka is away</p>") == {}
