-- An order of a shop, joined with the stock that Tallywire keeps: can each line be delivered?
CREATE TABLE IF NOT EXISTS order_lines (order_id bigint, sku text, quantity bigint);
TRUNCATE order_lines;
INSERT INTO order_lines VALUES (1001, 'TEE-RED-M', 40), (1001, 'MUG', 1);

SELECT line.sku, line.quantity AS wanted, coalesce(sum(stock.stock), 0) AS available,
       CASE WHEN coalesce(sum(stock.stock), 0) >= line.quantity THEN 'deliver' ELSE 'order more' END AS advice
FROM order_lines line LEFT JOIN tallywire_stock stock USING (sku)
WHERE line.order_id = 1001 GROUP BY line.sku, line.quantity ORDER BY line.sku;
